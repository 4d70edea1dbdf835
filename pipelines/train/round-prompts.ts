import { candidateCount, roundMessages, type SeekStyle } from '../../agents/index.ts'
import type { Sample } from '../../core/index.ts'
import type { ModelProfile } from '../../models/index.ts'
import type { SeekTraining } from '../../trainer/index.ts'
import { clipSize, type VideoInfo } from '../../video/index.ts'
import { frameBudget } from './seek.ts'

/** Tokens of a prompt: of its frames, and of all of it. */
export interface PromptTokens {
  readonly vision: number
  readonly all: number
}

export interface RoundPromptsOptions {
  readonly profile: ModelProfile
  readonly settings: SeekTraining
  readonly style: Pick<SeekStyle, 'dialect' | 'think'>
  /** Most tokens of a reply, which a growing conversation repeats. */
  readonly reply: number
  /** The tokens of a text; without it they are estimated by its length. */
  readonly encode?: (text: string) => ReadonlyArray<number>
}

/**
 * The prompts of the rounds of a conversation about frames of a video, as large as they may become: each round shows as
 * many frames as it may, and each reply but the last asks for new ones. `growing` prompts hold those of earlier rounds too.
 */
export const roundPrompts = (
  sample: Pick<Sample, 'query' | 'options'>,
  info: VideoInfo,
  { profile, settings, style, reply, encode }: RoundPromptsOptions,
): ReadonlyArray<PromptTokens> => {
  const { frames, mode, labels } = settings
  const total = candidateCount(info)
  // Each request shows a frame that was not shown before.
  const rounds = Math.min(settings.rounds, 1 + Math.max(0, total - frames))
  const [tall, wide] = clipSize(1, info.height, info.width, frameBudget(profile, frames))
  const each = (tall * wide) / profile.view.factor ** 2
  const tokens = (text: string) => encode?.(text).length ?? Math.ceil(text.length / 4)
  // The time of a frame, and the marks around its tokens; the marks of a question and a reply, and of a system prompt.
  const frame = each + (encode === undefined ? 9 : tokens('<12.0 seconds>') + 2)
  const turns = encode === undefined ? 10 : tokens('user\n') + tokens('assistant\n') + 2 * tokens('\n') + 4
  const system = 6
  const growing = mode === 'growing'
  const shownIn = (round: number) =>
    Array.from({ length: Math.min(frames, total) }, (_, at) => ((round - 1) * frames + at) % total)
  const turn = (round: number) => ({
    shown: shownIn(round),
    history: Array.from({ length: round - 1 }, (_, at) => shownIn(at + 1)),
    ...{ total, round, rounds: settings.rounds, frames },
  })
  const question = { question: sample.query, options: sample.options ?? [] }
  return Array.from({ length: rounds }, (_, at) => {
    const round = at + 1
    const asked = (growing ? Array.from({ length: round }, (_, before) => before + 1) : [round]).map(
      (number) => ({ turn: turn(number), content: [] as ReadonlyArray<{ type: 'text'; text: string }> }),
    )
    const texts = roundMessages(question, asked, { ...style, labels }).flatMap(({ content }) => content)
    const shown = Math.min(total, growing ? round * frames : frames)
    const said = growing ? at * (reply + turns) : 0
    return {
      vision: shown * each,
      all: shown * frame + texts.reduce((sum, { text }) => sum + tokens(text), 0) + said + turns + system,
    }
  })
}

/** The means of the prompts of several conversations, round by round, of those that get so far. */
export const meanPrompts = (
  conversations: ReadonlyArray<ReadonlyArray<PromptTokens>>,
): ReadonlyArray<PromptTokens> =>
  Array.from({ length: Math.max(0, ...conversations.map(({ length }) => length)) }, (_, round) => {
    const there = conversations.flatMap((rounds) => rounds[round] ?? [])
    const mean = (figure: (one: PromptTokens) => number) =>
      Math.round(there.reduce((sum, one) => sum + figure(one), 0) / there.length)
    return { vision: mean(({ vision }) => vision), all: mean(({ all }) => all) }
  })
