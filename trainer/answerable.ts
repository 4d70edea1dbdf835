import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import { answerOf, contradictions, specOf, unaskable } from '../tasks/index.ts'
import type { TrainingItem } from './data.ts'

/** Why nothing can be learnt or rewarded on an item; null where it can. */
const gapOf = ({ sample }: TrainingItem): string | null => {
  if (answerOf(sample) === null)
    return sample.answer !== undefined && specOf(sample).answers === 'count'
      ? `has a count of ${sample.answer.length} digits`
      : 'has no annotated answer'
  // Their letters would be rewarded as if one of them were wrong.
  if (contradictions(sample).some(({ kind }) => kind === 'duplicate-option')) return 'has two equal options'
  return unaskable(sample)
}

/**
 * The items whose question can be asked and whose annotation says what is right; the others are left out and counted in
 * a warning. A sample without annotation is not one whose query never holds: nothing can be learnt or rewarded on it.
 * InputError where none is left.
 */
export const answerable = Effect.fnUntraced(function* (items: ReadonlyArray<TrainingItem>) {
  const kept = items.filter((item) => gapOf(item) === null)
  const first = items.find((item) => gapOf(item) !== null)
  if (first === undefined) return items
  const gap = gapOf(first)
  if (kept.length === 0)
    return yield* new InputError({
      subject: `sample ${first.key}`,
      problem: `${gap}, and none of the ${items.length} samples can be used`,
      remedy: 'use training data with windows or answers, and questions with their options',
    })
  yield* Effect.logWarning(
    `${items.length - kept.length} of ${items.length} samples cannot be trained on and are left out (${first.key} first: it ${gap})`,
  )
  return kept
})
