import fc from 'fast-check'
import type { Sample, Task, Window } from '../../core/index.ts'
import type { Prediction } from '../../tasks/index.ts'

/** Windows on a coarse grid, so that ties, touching ends and instants are common. */
export const window: fc.Arbitrary<Window> = fc
  .tuple(fc.nat(30), fc.nat(20))
  .map(([start, length]) => [start / 2, (start + length) / 2])

export const solid: fc.Arbitrary<Window> = window.filter(([start, end]) => end > start)

export const sampleOf = (index: number, more: Partial<Sample> = {}): Sample => ({
  id: `q${index}`,
  dataset: 'test',
  split: 'test',
  task: 'grounding' as Task,
  video: `v${Math.floor(index / 2)}`,
  file: `v${Math.floor(index / 2)}.mp4`,
  duration: 25,
  query: 'a query',
  windows: [[0, 5]],
  ...more,
})

export const predictionsOf = (list: ReadonlyArray<Prediction>) => new Map(list.map((one) => [one.id, one]))
