import { Effect } from 'effect'
import { InputError, isAboutImage } from '../../core/index.ts'
import type { TrainingItem } from '../data.ts'

const chosen = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  fits: (item: TrainingItem) => boolean,
  what: string,
  remedy: string,
) {
  const kept = items.filter(fits)
  if (kept.length === 0)
    return yield* new InputError({
      subject: 'training data for frame seeking',
      problem: `none of ${items.length} samples has ${what}`,
      remedy,
    })
  if (kept.length < items.length)
    yield* Effect.logWarning(
      `${items.length - kept.length} of ${items.length} samples do not have ${what} and are left out`,
    )
  return kept
})

/** An image has no other frames to ask for. */
const hasOptions = ({ sample }: TrainingItem): boolean =>
  sample.options !== undefined && sample.answer !== undefined && !isAboutImage(sample)

/**
 * The items that a model can seek frames for: multiple choice about a video with an annotated answer. The others are
 * left out and counted in a warning; an InputError where none is left.
 */
export const withOptions = (items: ReadonlyArray<TrainingItem>) =>
  chosen(items, hasOptions, 'a video, options and an answer', 'use multiple-choice data, e.g. NExT-QA')

/** Those of them whose windows show the answer, so that it can be taught which frames to ask for. */
export const withEvidence = (items: ReadonlyArray<TrainingItem>) =>
  chosen(
    items,
    (item) => hasOptions(item) && (item.sample.windows?.length ?? 0) > 0,
    'a video, options, an answer and windows that show it',
    'use such data, e.g. NExT-GQA, or "spanwise train curriculum", which needs no windows',
  )
