import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import { type CountSettings, countSampler, type Sampler } from '../curriculum/index.ts'
import { cycleFrames, cyclesProblem } from '../tasks/index.ts'
import { candidateOf, type TrainingItem } from './data.ts'

/** A sampler's state as a checkpoint holds it. */
export const samplerStateSchema = z.object({
  epoch: z.int(),
  position: z.int(),
  queue: z.array(z.string()).readonly(),
  scores: z.record(z.string(), z.number()).readonly(),
})

/** What draws the samples of a training. */
export const samplerOf = (
  items: ReadonlyArray<TrainingItem>,
  { order, seed, counts }: Pick<Sampler, 'order' | 'seed'> & { readonly counts: CountSettings },
  solvedAbove: number,
): Sampler => ({
  ids: items.map(({ key }) => key),
  order,
  ease: new Map(items.map((item) => [item.key, candidateOf(item).iou])),
  seed,
  solvedAbove,
  ...(order === 'random-count' ? { counts: countSampler(items.map(countedOf), counts, seed) } : {}),
})

/** An item as Random Count Sampling sees it. */
const countedOf = ({ key, sample }: TrainingItem) => ({
  id: key,
  count: Number(sample.answer),
  cyclic: cycleFrames(sample) !== null && cyclesProblem(sample) === null,
})

/** Refuses to draw by count what has none. */
export const checkOrder = (
  items: ReadonlyArray<TrainingItem>,
  { order }: Pick<Sampler, 'order'>,
): Effect.Effect<void, InputError> => {
  const other = items.find(({ sample }) => sample.task !== 'counting')
  return order !== 'random-count' || other === undefined
    ? Effect.void
    : Effect.fail(
        new InputError({
          subject: 'setting "order"',
          problem: `random-count draws by count, and sample ${other.key} has task ${other.sample.task}`,
          remedy: 'train on counting samples only, or choose another order',
        }),
      )
}
