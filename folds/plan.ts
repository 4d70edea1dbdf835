import { InputError, type Sample, sampleKey } from '../core/index.ts'

/** Default number of samples per fold. */
export const defaultFoldSize = 22_000

/** A contiguous slice of a dataset, `[start, end)` in the order of its annotation files. */
export interface Fold {
  readonly index: number
  readonly start: number
  readonly end: number
}

/** Cuts `count` samples into folds; the last may be shorter. */
export const planFolds = (count: number, size: number = defaultFoldSize): ReadonlyArray<Fold> =>
  Array.from({ length: Math.ceil(count / size) }, (_, index) => ({
    index,
    start: index * size,
    end: Math.min(count, (index + 1) * size),
  }))

/** One fold of a plan, or an InputError. */
export const foldAt = (count: number, size: number, index: number): Fold | InputError => {
  const folds = planFolds(count, size)
  return (
    folds[index] ??
    new InputError({
      subject: '--fold',
      problem:
        count === 0
          ? 'the dataset has no samples for this agent'
          : `there is no fold ${index}, the last is ${folds.length - 1}`,
      remedy:
        count === 0
          ? 'check --dataset, --split and the annotation files'
          : 'choose a smaller --fold or another --fold-size',
    })
  )
}

export interface Planned {
  readonly key: string
  readonly sample: Sample
}

/**
 * The samples of a fold without those that repeat an earlier sample of the dataset, inside or outside the fold: the
 * first stands for all, so no fold repeats another's work and results do not depend on the number of folds.
 */
export const planSamples = (
  samples: ReadonlyArray<Sample>,
  fold: Fold,
): { readonly planned: ReadonlyArray<Planned>; readonly duplicates: number } => {
  const seen = new Set<string>()
  const planned: Array<Planned> = []
  for (let index = 0; index < fold.end; index++) {
    const sample = samples[index]!
    const key = sampleKey(sample)
    if (seen.has(key)) continue
    seen.add(key)
    if (index >= fold.start) planned.push({ key, sample })
  }
  return { planned, duplicates: fold.end - fold.start - planned.length }
}

/** Every fold of a dataset with what `planSamples` gives for it, in one pass. */
export const planAll = (
  samples: ReadonlyArray<Sample>,
  size: number = defaultFoldSize,
): ReadonlyArray<{
  readonly fold: Fold
  readonly planned: ReadonlyArray<Planned>
  readonly duplicates: number
}> => {
  const seen = new Set<string>()
  return planFolds(samples.length, size).map((fold) => {
    const planned: Array<Planned> = []
    for (const sample of samples.slice(fold.start, fold.end)) {
      const key = sampleKey(sample)
      if (!seen.has(key)) planned.push({ key, sample })
      seen.add(key)
    }
    return { fold, planned, duplicates: fold.end - fold.start - planned.length }
  })
}
