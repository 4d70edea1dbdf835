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

/** Refuses to draw by count what has none. Says which annotated cycles cannot be right: no clip is cut at them. */
export const checkOrder = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  { order }: Pick<Sampler, 'order'>,
) {
  if (order !== 'random-count') return
  const other = items.find(({ sample }) => sample.task !== 'counting')
  if (other !== undefined)
    return yield* new InputError({
      subject: 'setting "order"',
      problem: `random-count draws by count, and sample ${other.key} has task ${other.sample.task}`,
      remedy: 'train on counting samples only, or choose another order',
    })
  const wrong = items.flatMap(({ key, sample }) => {
    const problem = cyclesProblem(sample)
    return problem === null ? [] : [`${key}: ${problem}`]
  })
  if (wrong.length > 0)
    yield* Effect.logWarning(
      `${wrong.length} of ${items.length} samples are not cut at their cycles, which cannot be right (${wrong[0]})`,
    )
})
