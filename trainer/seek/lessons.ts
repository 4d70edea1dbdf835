import { Effect } from 'effect'
import { goldReply, goldRequest, proceed, turnOf } from '../../agents/index.ts'
import type { EngineError, InputError, VideoError } from '../../core/index.ts'
import type { TrainingGroup } from '../../engine/index.ts'
import { choiceAnswer } from '../../tasks/index.ts'
import type { TrainingItem } from '../data.ts'
import { rulesOf } from './settings.ts'
import type { SeekSource, SeekState } from './source.ts'

/**
 * One conversation of the gold policy about an item, a training group for each round: its prompt, and the request or
 * answer that `goldRequest` gives. The first frames are drawn by the parts of the seed.
 */
export const goldConversation = Effect.fnUntraced(function* (
  source: SeekSource,
  encode: (text: string) => ReadonlyArray<number>,
  item: TrainingItem,
  ...seed: ReadonlyArray<string | number>
): Effect.fn.Return<ReadonlyArray<TrainingGroup>, VideoError | InputError | EngineError> {
  const { settings } = source
  const { sample, weight } = item
  const evidence = sample.windows ?? []
  const letter = sample.answer ?? ''
  const answer = choiceAnswer(settings.labels === 'letters' ? letter : String(letter.charCodeAt(0) - 65))
  const { conversation } = yield* source.begin(item, ...seed)
  let state: SeekState = { conversation, replies: [] }
  const groups: Array<TrainingGroup> = []
  for (;;) {
    const turn = turnOf(state.conversation, rulesOf(settings))
    const text = goldReply(turn, evidence, answer)
    const prompt = yield* source.prompt(item, state)
    groups.push({ prompt, completions: [{ tokens: encode(text), weight }] })
    if (goldRequest(turn, evidence) === null) return groups
    const next = proceed(state.conversation, { text }, rulesOf(settings))
    if (next.kind === 'end') return groups
    state = { conversation: next.conversation, replies: [...state.replies, text] }
  }
})
