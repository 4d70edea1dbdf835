import { z } from 'zod'
import type { Sampler } from '../curriculum/index.ts'
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
  { order, seed }: Pick<Sampler, 'order' | 'seed'>,
  solvedAbove: number,
): Sampler => ({
  ids: items.map(({ key }) => key),
  order,
  ease: new Map(items.map((item) => [item.key, candidateOf(item).iou])),
  seed,
  solvedAbove,
})
