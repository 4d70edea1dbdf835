import { Effect } from 'effect'
import { goldReply, proceed, type Turn, turnOf } from '../../agents/index.ts'
import type { EngineError, InputError, VideoError } from '../../core/index.ts'
import { choiceAnswer } from '../../tasks/index.ts'
import type { TrainingItem } from '../data.ts'
import type { Lesson } from '../prompts.ts'
import { rulesOf, type SeekTraining } from './settings.ts'
import type { SeekSource, SeekState } from './source.ts'

/** The reply of the gold policy to a round about an item: what supervised fine-tuning teaches. */
export const lessonReply = ({ sample }: TrainingItem, turn: Turn, { labels }: SeekTraining): string => {
  const letter = sample.answer ?? ''
  const answer = choiceAnswer(labels === 'letters' ? letter : String(letter.charCodeAt(0) - 65))
  return goldReply(turn, sample.windows ?? [], answer)
}

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
  const { conversation } = yield* source.begin(item, ...seed)
  let state: SeekState = { conversation, replies: [] }
  const lessons: Array<Lesson> = []
  for (;;) {
    const turn = turnOf(state.conversation, rulesOf(settings))
    const reply = lessonReply(item, turn, settings)
    const prompt = yield* source.prompt(item, state)
    lessons.push({ prompt, reply })
    const next = proceed(state.conversation, { text: reply }, rulesOf(settings))
    if (next.kind === 'end') return lessons
    state = { conversation: next.conversation, replies: [...state.replies, reply] }
  }
})
