import { Effect } from 'effect'
import {
  type AskedRound,
  type Conversation,
  candidateCount,
  type FrameLayout,
  frameContent,
  openConversation,
  roundMessages,
  type SeekStyle,
  startFrames,
  turnOf,
} from '../../agents/index.ts'
import type { EngineError, InputError, VideoError } from '../../core/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { type Clip, takeFrames } from '../../video/index.ts'
import { processed } from '../clip-prompts.ts'
import { clipViews } from '../clip-views.ts'
import type { TrainingItem } from '../data.ts'
import { rulesOf, type SeekTraining } from './settings.ts'

/** A conversation in training: its rounds, and the replies given so far. */
export interface SeekState {
  readonly conversation: Conversation
  /** One for each round but the last. */
  readonly replies: ReadonlyArray<string>
}

/** Turns items and conversations into prompts. */
export interface SeekSource {
  readonly settings: SeekTraining
  /** A conversation whose first round is drawn by the parts of the seed, and the duration of its clip. */
  readonly begin: (
    item: TrainingItem,
    ...seed: ReadonlyArray<string | number>
  ) => Effect.Effect<{ readonly conversation: Conversation; readonly duration: number }, VideoError>
  /** The prompt that waits for the next reply; the same object for equal conversations until `forget` is called. */
  readonly prompt: (
    item: TrainingItem,
    state: SeekState,
  ) => Effect.Effect<ProcessedPrompt, VideoError | InputError | EngineError>
  /** Frees the prompts: those of a step are of no use in another. */
  readonly forget: () => void
}

export interface SeekSourceOptions {
  readonly preprocessing: Preprocessing
  /** Decodes one frame a second of a sample's clip, at the size of a round's frames. */
  readonly clip: (item: TrainingItem) => Effect.Effect<Clip, VideoError>
  readonly settings: SeekTraining
  readonly style: Pick<SeekStyle, 'dialect' | 'think'>
  /** The reasoning variable of the chat template; null: none. */
  readonly enable: boolean | null
  readonly layout: FrameLayout
  readonly framesPerToken: number
  readonly cacheBytes?: number
}

/** Rounds of which the prompt is made: the last one, or all of a growing conversation. */
export const shownRounds = <Part>(
  { conversation, replies }: SeekState,
  settings: SeekTraining,
  content: (seconds: ReadonlyArray<number>) => ReadonlyArray<Part>,
): ReadonlyArray<AskedRound<Part>> => {
  const { rounds } = conversation
  const from = settings.mode === 'fresh' ? rounds.length - 1 : 0
  return rounds.slice(from).map(({ shown }, index): AskedRound<Part> => {
    const turn = turnOf({ ...conversation, rounds: rounds.slice(0, from + index + 1) }, rulesOf(settings))
    const reply = replies[from + index]
    return { turn, content: content(shown), ...(reply === undefined ? {} : { reply }) }
  })
}

/** Prompts of the embedded engine from video files. A video is decoded once, as long as the cache holds it. */
export const seekSource = (options: SeekSourceOptions): SeekSource => {
  const { settings, preprocessing, layout, framesPerToken, enable } = options
  const views = clipViews({
    ...{ clip: options.clip, seed: 0, mode: 'blank', margin: null },
    ...(options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }),
  })
  const style: SeekStyle = { ...options.style, labels: settings.labels }
  const prompts = new Map<string, ProcessedPrompt>()
  return {
    settings,
    begin: Effect.fnUntraced(function* (item: TrainingItem, ...seed: ReadonlyArray<string | number>) {
      const { info } = yield* views.clip(item)
      const total = candidateCount(info)
      const first = startFrames(settings.start, total, settings.frames, ...seed, item.key)
      return { conversation: openConversation(total, first), duration: info.duration }
    }),
    prompt: Effect.fnUntraced(function* (item: TrainingItem, state: SeekState) {
      // A fresh prompt says nothing of the replies before it, so rollouts that asked for the same frames share it.
      const said = settings.mode === 'fresh' ? [] : state.replies
      const shown = state.conversation.rounds.map((round) => round.shown)
      const key = JSON.stringify([item.key, shown, said])
      const known = prompts.get(key)
      if (known !== undefined) return known
      const clip = yield* views.clip(item)
      const made = yield* processed(preprocessing, item, () => {
        const { query, options: choices = [] } = item.sample
        const rounds = shownRounds(state, settings, (seconds) =>
          frameContent(takeFrames(clip, seconds), layout, framesPerToken),
        )
        return { messages: roundMessages({ question: query, options: choices }, rounds, style), enable }
      })
      prompts.set(key, made)
      return made
    }),
    forget: () => prompts.clear(),
  }
}
