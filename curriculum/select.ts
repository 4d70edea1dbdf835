import { random } from '../core/index.ts'
import {
  type Band,
  type BandBounds,
  bandOf,
  bands,
  type Candidate,
  type CurriculumKey,
  defaultBounds,
  easeByKey,
} from './difficulty.ts'

/**
 * How samples are weighted by their ease (mean IoU under the key `score`).
 * `gaussian`: a normal density of the ease (Time-R1: mean 0.3, deviation 0.2).
 * `gaussian-balanced`: that density divided by the share of the pool that is about as easy, in twenty steps, so that the
 * selection itself follows the Gaussian whatever the distribution of the pool (TimeLens: mean 0.05, deviation 0.2).
 * `hard-squared`: (1 - ease)^2 (TimeLens2). `band`: quotas of easy, medium and hard. `random`: the control.
 */
export const selectionMethods = ['gaussian', 'gaussian-balanced', 'hard-squared', 'band', 'random'] as const

export interface Selection {
  readonly method: (typeof selectionMethods)[number]
  /** Share of the pool to keep, in (0, 1]; ignored when `count` is given. */
  readonly share: number
  /** Number of samples to keep. */
  readonly count?: number
  readonly seed: number
  readonly key: CurriculumKey
  /** Centre and width of the Gaussians on ease. */
  readonly mean: number
  readonly deviation: number
  /** Relative quotas of the bands. */
  readonly quotas: Readonly<Record<Band, number>>
  readonly bounds: BandBounds
}

/** Mean 0.3 and deviation 0.2 are Time-R1's; the share is VideoTG-R1's; the quotas are this project's. */
export const defaultSelection: Selection = {
  method: 'gaussian',
  share: 0.1,
  seed: 0,
  key: 'score',
  mean: 0.3,
  deviation: 0.2,
  quotas: { easy: 0.2, medium: 0.5, hard: 0.3 },
  bounds: defaultBounds,
}

/** How many of `size` samples a selection keeps: the count, or the rounded share but at least one; at most all. */
export const budget = (size: number, selection: Pick<Selection, 'share' | 'count'>): number =>
  Math.min(size, selection.count ?? Math.max(Math.min(1, size), Math.round(selection.share * size)))

/**
 * A sort key whose largest `n` values are a weighted sample without replacement (Efraimidis and Spirakis 2006), as a
 * logarithm so that tiny weights stay ordered. Drawn from (seed, id), so the order of the pool does not matter.
 */
const lot = (seed: number, id: string, logWeight: number): number =>
  logWeight - Math.log(-Math.log(Math.max(random(seed, 'select', id).next(), 2 ** -33)))

const largest = (ids: ReadonlyArray<string>, count: number, value: (id: string) => number) =>
  ids
    .map((id) => ({ id, value: value(id) }))
    .sort((a, b) => b.value - a.value || (a.id < b.id ? -1 : 1))
    .slice(0, count)
    .map(({ id }) => id)

/**
 * Whole numbers in the proportion of `weights` that add up to `total`, none above its limit: the excess above a limit
 * goes to the others, the rest is rounded by largest remainders. If the limits sum to less than the total, the limits.
 */
export const apportion = (
  total: number,
  weights: ReadonlyArray<number>,
  limits: ReadonlyArray<number>,
): ReadonlyArray<number> => {
  const given = weights.map(() => 0)
  const top = Math.max(...weights)
  // Shares of the largest: the sum of very large weights would be infinite.
  const share = weights.map((weight) => (top > 0 ? weight / top : 0))
  let open = weights.map((_, i) => i)
  let rest = total
  for (;;) {
    const sum = open.reduce((all, i) => all + share[i]!, 0)
    const due = (i: number) => rest * (sum > 0 ? share[i]! / sum : 1 / open.length)
    const full = open.filter((i) => due(i) >= limits[i]!)
    if (full.length === 0) {
      for (const i of open) given[i] = Math.floor(due(i))
      const left = rest - open.reduce((all, i) => all + given[i]!, 0)
      const remainder = (i: number) => due(i) - given[i]!
      for (const i of open.toSorted((a, b) => remainder(b) - remainder(a) || a - b).slice(0, left))
        given[i] = given[i]! + 1
      return given
    }
    for (const i of full) given[i] = limits[i]!
    rest -= full.reduce((all, i) => all + limits[i]!, 0)
    open = open.filter((i) => !full.includes(i))
  }
}

/** Histogram bins of ease over a pool, as in TimeLens. */
const steps = 20

const stepOf = (ease: number): number => Math.min(steps - 1, Math.floor(steps * ease))

/** Logarithms of the weights of a pool's samples under a method that weighs them; null where it does not. */
const weighing = (
  { method, mean, deviation }: Selection,
  ease: ReadonlyMap<string, number>,
): ((id: string) => number) | null => {
  const gaussian = (id: string) => -(((ease.get(id)! - mean) / deviation) ** 2) / 2
  switch (method) {
    case 'gaussian':
      return gaussian
    case 'gaussian-balanced': {
      const density = new Uint32Array(steps)
      for (const value of ease.values()) density[stepOf(value)]!++
      return (id) => gaussian(id) - Math.log(density[stepOf(ease.get(id)!)]!)
    }
    case 'hard-squared':
      return (id) => 2 * Math.log(1 - ease.get(id)!)
    case 'random':
      return () => 0
    case 'band':
      return null
  }
}

/**
 * The ids to train on, sorted. Exactly `budget(pool.length, selection)` of them, fixed by the seed and the set of
 * candidates whatever their order: a weighted sample without replacement, or the quotas of `band` (the unused quota of a
 * band that runs short goes to the others).
 * Throws RangeError when ids repeat.
 */
export const select = (pool: ReadonlyArray<Candidate>, selection: Selection): ReadonlyArray<string> => {
  const ids = pool.map(({ id }) => id)
  if (new Set(ids).size !== ids.length) throw new RangeError('select: candidate ids repeat')
  const count = budget(pool.length, selection)
  const ease = easeByKey(pool, selection.key)
  const { seed } = selection
  const logWeight = weighing(selection, ease)
  if (logWeight !== null) return largest(ids, count, (id) => lot(seed, id, logWeight(id))).toSorted()
  const members = bands.map((band) =>
    ids.filter((id) => bandOf(1 - ease.get(id)!, selection.bounds) === band),
  )
  const counts = apportion(
    count,
    bands.map((band) => selection.quotas[band]),
    members.map((list) => list.length),
  )
  return members.flatMap((list, i) => largest(list, counts[i]!, (id) => lot(seed, id, 0))).toSorted()
}
