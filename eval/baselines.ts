import { fitPrior, letter, random, type Sample, type Window } from '../core/index.ts'
import { type Prediction, type Predictions, specOf } from '../tasks/index.ts'

/**
 * Answers that need no model and no video: the baselines in every table.
 * prior: the constant window fitted on the training split. whole: the whole clip. middle: its middle third.
 * random: two uniform times in order. Choice: the first option (random: any option). Counting: the constant with the
 * least normalised error on the training split (whole: 1, middle: the training median, random: any training count).
 */
export const baselines = ['prior', 'whole', 'middle', 'random'] as const
export type Baseline = (typeof baselines)[number]

const counts = (samples: ReadonlyArray<Sample>): ReadonlyArray<number> =>
  samples
    .filter((sample) => specOf(sample).answers === 'count' && /^\d+$/.test(sample.answer ?? ''))
    .map(({ answer }) => Number(answer))
    .toSorted((a, b) => a - b)

/** The count k with the least mean |k - c| / (c + 0.1). */
const fitCount = (sorted: ReadonlyArray<number>): number => {
  let best = 1
  let least = Number.POSITIVE_INFINITY
  for (const k of new Set(sorted)) {
    const error = sorted.reduce((sum, c) => sum + Math.abs(k - c) / (c + 0.1), 0)
    if (error < least) {
      best = k
      least = error
    }
  }
  return best
}

/**
 * Predictions of a baseline for every sample. Seeded and independent of the order of the samples.
 * A sample without duration gets `windows: null`, since no window can be placed in it.
 *
 * @param train samples on which `prior` is fitted; may be empty, then prior is the whole clip (counting: 1).
 */
export const baselinePredictions = (
  baseline: Baseline,
  samples: ReadonlyArray<Sample>,
  train: ReadonlyArray<Sample>,
  seed = 1,
): Predictions => {
  const prior = baseline === 'prior' ? fitPrior(train) : null
  const trainCounts = counts(train)
  const constant = baseline === 'prior' ? fitCount(trainCounts) : (trainCounts[trainCounts.length >> 1] ?? 1)
  const windowOf = (sample: Sample): Window | null => {
    const d = sample.duration
    if (d === null) return null
    if (baseline === 'whole') return [0, d]
    if (baseline === 'middle') return [d / 3, (2 * d) / 3]
    if (prior !== null) return [prior.start * d, prior.end * d]
    const draw = random(seed, 'baseline', sample.id)
    const a = draw.next() * d
    const b = draw.next() * d
    return [Math.min(a, b), Math.max(a, b)]
  }
  const answerOf = (sample: Sample): string => {
    const draw = random(seed, 'baseline-answer', sample.id)
    if (specOf(sample).answers !== 'count')
      return baseline === 'random' ? letter(draw.int(0, Math.max(1, sample.options?.length ?? 4) - 1)) : 'A'
    if (baseline === 'whole') return '1'
    return String(baseline === 'random' && trainCounts.length > 0 ? draw.pick(trainCounts) : constant)
  }
  const predictions = new Map<string, Prediction>()
  for (const sample of samples) {
    const { grounded, answers } = specOf(sample)
    const window = grounded ? windowOf(sample) : null
    predictions.set(sample.id, {
      id: sample.id,
      windows: window === null ? null : [window],
      ...(answers === null ? {} : { answer: answerOf(sample) }),
    })
  }
  return predictions
}
