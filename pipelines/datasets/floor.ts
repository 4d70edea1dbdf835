import { fitPrior, type Sample } from '../../core/index.ts'
import { baselinePredictions, evaluate, suites } from '../../eval/index.ts'

/** Scores of a constant answer fitted on the annotations, in percent unless noted. */
export interface Floor {
  /** The constant window, in shares of the clip's duration; null where nothing is grounded. */
  readonly window: { readonly start: number; readonly end: number } | null
  /** Grounding: mIoU and recalls. Counting: OBO and Exact, and MAE (no percent). Choice: Acc of the first option. */
  readonly scores: { readonly [metric: string]: number }
}

const of = (samples: ReadonlyArray<Sample>, ...tasks: ReadonlyArray<Sample['task']>) =>
  samples.filter(({ task }) => tasks.includes(task))

const pick = (metrics: { readonly [metric: string]: number }, names: ReadonlyArray<string>) =>
  Object.fromEntries(names.flatMap((name) => (metrics[name] === undefined ? [] : [[name, metrics[name]]])))

/**
 * The prior-only baseline of a split, fitted on the same split: the best constant answer without any video.
 * Samples without duration or windows have no constant window and are left out of its scores.
 */
export const floorOf = (samples: ReadonlyArray<Sample>): Floor => {
  const grounded = of(samples, 'grounding', 'grounded-qa').filter(
    ({ windows, duration }) => windows !== null && duration !== null,
  )
  const prior = grounded.length === 0 ? null : fitPrior(grounded)
  const scoresOf = (suite: 'charades' | 'repcount', among: ReadonlyArray<Sample>) =>
    evaluate(suites[suite]!, among, baselinePredictions('prior', among, among), { bootstrap: null }).report
      .metrics
  const counted = of(samples, 'counting').filter(({ answer }) => answer !== undefined)
  const chosen = of(samples, 'choice', 'grounded-qa').filter(({ answer }) => answer !== undefined)
  return {
    window: prior === null ? null : { start: prior.start, end: prior.end },
    scores: {
      ...(prior === null ? {} : pick(scoresOf('charades', grounded), ['mIoU', 'R1@0.3', 'R1@0.5', 'R1@0.7'])),
      ...(counted.length === 0 ? {} : pick(scoresOf('repcount', counted), ['OBO', 'Exact', 'MAE'])),
      ...(chosen.length === 0
        ? {}
        : { Acc: (100 * chosen.filter(({ answer }) => answer === 'A').length) / chosen.length }),
    },
  }
}
