import { random } from '../core/index.ts'
import { type CountSampler, drawName } from './counts.ts'

/** The order in which an epoch visits the samples; `random-count` draws by count instead, without epochs. */
export const samplerOrders = ['shuffled', 'easy-first', 'hard-first', 'random-count'] as const
export type SamplerOrder = (typeof samplerOrders)[number]

export interface Sampler {
  readonly ids: ReadonlyArray<string>
  readonly order: SamplerOrder
  /** How easy each sample is, in [0, 1]; used by the ordered kinds and refreshed from the state's scores. */
  readonly ease: ReadonlyMap<string, number>
  readonly seed: number
  /** Samples whose last score in training exceeds this are left out of the next epochs; 1 keeps all. */
  readonly solvedAbove: number
  /** What `random-count` draws; the order then ignores epochs and scores. */
  readonly counts?: CountSampler
}

/** Plain data: stored in a checkpoint as JSON; determines every later draw. */
export interface SamplerState {
  readonly epoch: number
  /** Draws taken from the current epoch, or of `random-count` from the start. */
  readonly position: number
  /** The current epoch's ids in order; the order is fixed when the epoch begins. */
  readonly queue: ReadonlyArray<string>
  /** The last mean IoU of each sample in training, by id. */
  readonly scores: Readonly<Record<string, number>>
}

const queueOf = (sampler: Sampler, epoch: number, scores: SamplerState['scores']): ReadonlyArray<string> => {
  const open = sampler.ids.filter((id) => (scores[id] ?? 0) <= sampler.solvedAbove)
  // When every sample is solved, all are used again.
  const pool = (open.length > 0 ? open : sampler.ids).toSorted()
  const shuffled = random(sampler.seed, 'sampler', epoch).shuffle(pool)
  if (sampler.order === 'shuffled' || sampler.order === 'random-count') return shuffled
  const sign = sampler.order === 'easy-first' ? -1 : 1
  const ease = (id: string) => scores[id] ?? sampler.ease.get(id) ?? 0
  return shuffled.sort((a, b) => sign * (ease(a) - ease(b)))
}

/** The state before the first draw. Throws RangeError for a sampler without samples. */
export const startSampler = (sampler: Sampler): SamplerState => {
  if (sampler.ids.length === 0) throw new RangeError('sampler: there are no samples')
  return { epoch: 0, position: 0, queue: queueOf(sampler, 0, {}), scores: {} }
}

/** How many draws in a row may repeat a batch's samples before the batch stays smaller. */
const patience = 64

/** Distinct draws from `position` on; see `countSampler`. */
const drawCounts = (
  { ids: all }: Sampler,
  counts: CountSampler,
  state: SamplerState,
  count: number,
): { readonly ids: ReadonlyArray<string>; readonly state: SamplerState } => {
  const ids: Array<string> = []
  let { position } = state
  for (let repeated = 0; ids.length < count && repeated < patience; position++) {
    const name = drawName(counts(position))
    if (ids.includes(name)) repeated++
    else {
      ids.push(name)
      repeated = 0
    }
  }
  return { ids, state: { ...state, epoch: Math.floor(position / all.length), position } }
}

/** The next `count` distinct ids and the state after them; fewer than `count` only where the pool is smaller. */
export const draw = (
  sampler: Sampler,
  state: SamplerState,
  count: number,
): { readonly ids: ReadonlyArray<string>; readonly state: SamplerState } => {
  if (sampler.counts !== undefined) return drawCounts(sampler, sampler.counts, state, count)
  const ids: Array<string> = []
  let { epoch, position, queue } = state
  // An epoch may end inside a batch; a batch never holds a sample twice.
  for (let passed = 0; ids.length < count && passed < 2; ) {
    if (position >= queue.length) {
      epoch += 1
      passed += 1
      position = 0
      queue = queueOf(sampler, epoch, state.scores)
      continue
    }
    const id = queue[position]!
    position += 1
    if (!ids.includes(id)) ids.push(id)
  }
  return { ids, state: { ...state, epoch, position, queue } }
}

/** The state with fresh scores of some samples; they count from the next epoch on. */
export const rescore = (state: SamplerState, scores: Readonly<Record<string, number>>): SamplerState => ({
  ...state,
  scores: { ...state.scores, ...scores },
})
