import { Effect } from 'effect'
import {
  type Conversation,
  candidateCount,
  type FrameLayout,
  frameParts,
  framesUsed,
  openConversation,
  proceed,
  roundMessages,
  startFrames,
  turnOf,
} from '../../agents/index.ts'
import type { VideoError } from '../../core/index.ts'
import { noMask } from '../../curriculum/index.ts'
import type { VideoInfo } from '../../video/index.ts'
import type { Wording } from '../clip-prompts.ts'
import type { ClipViews } from '../clip-views.ts'
import type { TrainingItem } from '../data.ts'
import { lessonReply, type Sought, shownRounds } from '../seek/index.ts'
import { rulesOf, type SeekTraining } from '../seek/settings.ts'
import type { FrameStore } from './frames.ts'
import type { PromptItem } from './schemas.ts'

export interface ServedSeekOptions {
  readonly settings: SeekTraining
  /** The parts of the seed, beside the sample, by which the first frames of a step are drawn. */
  readonly seedOf: (step: number) => ReadonlyArray<number>
  /** Whether prompts come with the reply that the gold policy gives. */
  readonly teaches: boolean
  readonly wording: Wording
  /** Clips of one frame a second. */
  readonly views: Pick<ClipViews, 'clip'>
  readonly frames: FrameStore
  /** How the frames of a round are passed to the model, and how many share a token. */
  readonly layout: FrameLayout
  readonly framesPerToken: number
}

/** Rounds of conversations in which the model asks for frames. Each has a prompt: its own, or all of the conversation. */
export const servedSeek = (options: ServedSeekOptions) => {
  const { settings, seedOf, teaches, wording, views, frames, layout, framesPerToken } = options
  const rules = rulesOf(settings)

  /** The conversation after some replies, and how one of them ended it; null where it goes on. */
  const after = (item: TrainingItem, step: number, total: number, replies: ReadonlyArray<string>) => {
    const first = startFrames(settings.start, total, settings.frames, ...seedOf(step), item.key)
    let conversation: Conversation = openConversation(total, first)
    for (const text of replies) {
      const next = proceed(conversation, { text }, rules)
      if (next.kind === 'end') return { conversation, ending: next.ending }
      conversation = next.conversation
    }
    return { conversation, ending: null }
  }

  return {
    /** What a conversation took, by all of its replies; null where they do not end it, or go on after its end. */
    took: (
      item: TrainingItem,
      step: number,
      info: VideoInfo,
      replies: ReadonlyArray<string>,
    ): Sought | null => {
      const { conversation, ending } = after(item, step, candidateCount(info), replies)
      const { rounds } = conversation
      if (ending === null || rounds.length !== replies.length) return null
      return { rounds: rounds.length, frames: framesUsed(conversation).different, ending }
    },
    /** The prompt that waits for the reply after these; null where the conversation has ended. Replies decide it alone. */
    prompt: Effect.fnUntraced(function* (
      item: TrainingItem,
      step: number,
      id: string,
      replies: ReadonlyArray<string>,
    ): Effect.fn.Return<PromptItem | null, VideoError> {
      const clip = yield* views.clip(item)
      const { conversation, ending } = after(item, step, candidateCount(clip.info), replies)
      if (ending !== null) return null
      const { ask, enable } = wording.plan?.(item.sample) ?? { ask: false, enable: null }
      const { query, options = [] } = item.sample
      const hashes = frames.hashes(item, clip)
      yield* frames.share(item, clip)
      const sent: Array<PromptItem['video']['frames'][number]> = []
      const rounds = shownRounds({ conversation, replies }, settings, (seconds) => {
        const times = Float64Array.from(seconds, (second) => clip.times[second]!)
        return frameParts(times, layout, framesPerToken).map((part) => {
          if (part.type === 'text') return part
          for (const place of part.places) sent.push({ hash: hashes[seconds[place]!]!, time: times[place]! })
          return { type: part.type, frames: part.places.length }
        })
      })
      const style = { dialect: wording.dialect, think: ask, labels: settings.labels }
      return {
        ...{ id, sample: item.key, thinking: enable },
        mask: noMask(conversation.rounds.at(-1)!.shown.length).digest,
        answer: teaches ? lessonReply(item, turnOf(conversation, rules), settings) : null,
        messages: roundMessages({ question: query, options }, rounds, style),
        video: {
          frames: sent,
          ...{ fps: clip.fps, width: clip.width, height: clip.height, duration: clip.info.duration },
        },
      }
    }),
  }
}
