import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import { taughtReply } from '../tasks/index.ts'
import type { TrainingItem } from './data.ts'

/**
 * Refuses written thoughts that cannot be learnt: without text, or with another answer than the annotation's. Says how
 * many samples have none where others do.
 */
export const checkTaught = Effect.fnUntraced(function* (items: ReadonlyArray<TrainingItem>) {
  let written = 0
  for (const { key, sample } of items) {
    const taught = taughtReply(sample)
    if (taught?.kind === 'problem')
      return yield* new InputError({
        subject: `sample ${key}`,
        problem: taught.problem,
        remedy: 'remove the sample or its thoughts, or teach answers only with --set thoughts=false',
      })
    if (taught !== null) written++
  }
  if (written > 0 && written < items.length)
    yield* Effect.logWarning(
      `${items.length - written} of ${items.length} samples have no written thoughts: they are asked for, and teach, their answers alone`,
    )
})
