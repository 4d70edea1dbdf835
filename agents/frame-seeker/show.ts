import { oneDecimal } from '../../core/index.ts'
import type { Message, ModelProfile } from '../../models/index.ts'
import { type Clip, type Media, takeFrames } from '../../video/index.ts'
import { type SeekQuestion, type SeekStyle, seekFollowUp, seekQuestion, type Turn } from './prompt.ts'

type Content = Message['content'][number]

/**
 * How single frames far apart are passed to a model. `pairs`: as one video in which each frame fills its tokens alone,
 * repeated as often as frames share tokens, because neighbours in it show different times. `single`: a video for each
 * frame after its time as text, for models that know only the interval of a video's frames. `pictures`: as pictures
 * after their times, which a server's backend writes.
 */
export type FrameLayout = 'pairs' | 'single' | 'pictures'

export const layoutOf = ({ timestamps }: Pick<ModelProfile, 'timestamps'>, media: Media): FrameLayout =>
  media.kind !== 'pixels' ? 'pictures' : timestamps === 'text' ? 'pairs' : 'single'

/** Part of the frames of a round: a text, or a video of the frames at these places. */
export type FramePart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'video'; readonly places: ReadonlyArray<number> }

/** What a round shows, by the times of its frames in seconds, in order; a place may occur several times. */
export const frameParts = (
  times: Clip['times'],
  layout: FrameLayout,
  framesPerToken: number,
): ReadonlyArray<FramePart> => {
  const places = Array.from(times.keys())
  switch (layout) {
    case 'pairs':
      return [{ type: 'video', places: places.flatMap((place) => Array<number>(framesPerToken).fill(place)) }]
    case 'single':
      return places.flatMap(
        (place): ReadonlyArray<FramePart> => [
          { type: 'text', text: `<${oneDecimal(times[place]!)} seconds>` },
          { type: 'video', places: [place] },
        ],
      )
    case 'pictures':
      return [{ type: 'video', places }]
  }
}

/** The frames of a round as the content of a message. `clip` holds each of them once, in order of time. */
export const frameContent = (
  clip: Clip,
  layout: FrameLayout,
  framesPerToken: number,
): ReadonlyArray<Content> => {
  // Without its source a clip is sent as pictures by every backend.
  const { info: _, ...pictures } = clip
  return frameParts(clip.times, layout, framesPerToken).map(
    (part): Content =>
      part.type === 'text'
        ? part
        : { type: 'video', clip: layout === 'pictures' ? pictures : takeFrames(clip, part.places) },
  )
}

/** A round as its prompt needs it; `Part` is what stands for a part of its content. */
export interface AskedRound<Part = Content> {
  readonly turn: Turn
  readonly content: ReadonlyArray<Part>
  /** The reply, of every round but the last one. */
  readonly reply?: string
}

/**
 * The prompt of the last of some rounds: alone where they are given alone (`fresh`), else as a growing conversation with
 * the earlier rounds and their replies before it.
 */
export const roundMessages = <Part = Content>(
  question: SeekQuestion,
  rounds: ReadonlyArray<AskedRound<Part>>,
  style: SeekStyle,
) =>
  rounds.flatMap(({ turn, content, reply }, index) => {
    const text = index === 0 ? seekQuestion(question, turn, style) : seekFollowUp(turn, style)
    const asked = { role: 'user' as const, content: [...content, { type: 'text' as const, text }] }
    return reply === undefined
      ? [asked]
      : [asked, { role: 'assistant' as const, content: [{ type: 'text' as const, text: reply }] }]
  })
