import { Effect } from 'effect'
import { goldReply, goldRequest, proceed, turnOf } from '../../agents/index.ts'
import type { EngineError, InputError, VideoError } from '../../core/index.ts'
import { choiceAnswer } from '../../tasks/index.ts'
import type { TrainingItem } from '../data.ts'
import type { Lesson } from '../prompts.ts'
import { rulesOf } from './settings.ts'
import type { SeekSource, SeekState } from './source.ts'

/**
 * One conversation of the gold policy about an item, a lesson for each round: its prompt, and the request or answer
 * that `goldRequest` gives. The first frames are drawn by the parts of the seed.
 */
export const goldConversation = Effect.fnUntraced(function* (
  source: SeekSource,
  item: TrainingItem,
  ...seed: ReadonlyArray<string | number>
): Effect.fn.Return<ReadonlyArray<Lesson>, VideoError | InputError | EngineError> {
  const { settings } = source
  const { sample } = item
  const evidence = sample.windows ?? []
  const letter = sample.answer ?? ''
  const answer = choiceAnswer(settings.labels === 'letters' ? letter : String(letter.charCodeAt(0) - 65))
  const { conversation } = yield* source.begin(item, ...seed)
  let state: SeekState = { conversation, replies: [] }
  const lessons: Array<Lesson> = []
  for (;;) {
    const turn = turnOf(state.conversation, rulesOf(settings))
    const reply = goldReply(turn, evidence, answer)
    const prompt = yield* source.prompt(item, state)
    lessons.push({ prompt, reply })
    if (goldRequest(turn, evidence) === null) return lessons
    const next = proceed(state.conversation, { text: reply }, rulesOf(settings))
    if (next.kind === 'end') return lessons
    state = { conversation: next.conversation, replies: [...state.replies, reply] }
  }
})
