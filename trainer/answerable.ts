import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import { answerOf } from '../tasks/index.ts'
import type { TrainingItem } from './data.ts'

/**
 * The items whose annotation says what is right; the others are left out and counted in a warning. A sample without
 * annotation is not one whose query never holds: nothing can be learnt or rewarded on it. InputError where none is left.
 */
export const answerable = Effect.fnUntraced(function* (items: ReadonlyArray<TrainingItem>) {
  const kept = items.filter(({ sample }) => answerOf(sample) !== null)
  const [first] = items.filter(({ sample }) => answerOf(sample) === null)
  if (first === undefined) return items
  if (kept.length === 0)
    return yield* new InputError({
      subject: `sample ${first.key}`,
      problem: `has no annotated answer, and neither has any other of ${items.length}`,
      remedy: 'use training data with windows or answers',
    })
  yield* Effect.logWarning(
    `${items.length - kept.length} of ${items.length} samples have no annotated answer and are left out (${first.key} first)`,
  )
  return kept
})
