import { join } from 'node:path'
import { Effect } from 'effect'
import type { Sample, Task } from '../core/index.ts'
import { defaultWorldSettings, readTruth, type WorldSettings, writeWorld } from '../datasets/shapes/index.ts'
import { loadSource } from '../pipelines/source.ts'

/** The shapes dataset that `--dataset shapes` uses by default: small enough for a laptop. */
export const laptopWorld: WorldSettings = {
  ...defaultWorldSettings,
  seed: 1,
  splits: [
    { split: 'train', videos: 200 },
    { split: 'valid', videos: 100 },
  ],
}

/** The default shapes dataset's files below `runs`. */
export const worldFolders = (runs: string) => {
  const annotations = join(runs, 'worlds', 'shapes')
  return { annotations, videos: join(annotations, 'videos') }
}

/** Renders the default shapes dataset below `runs` unless it exists; returns its folders. */
export const ensureWorld = Effect.fn('Pipelines.ensureWorld')(function* (runs: string) {
  const folders = worldFolders(runs)
  yield* writeWorld(folders.annotations, laptopWorld)
  return folders
})

/**
 * The samples of one task of a split with the true windows instead of the annotated ones, and their grade in `meta`:
 * the ground truth of evaluations.
 */
export const trueSamples = Effect.fn('Pipelines.trueSamples')(function* (
  annotations: string,
  split: string,
  tasks: ReadonlyArray<Task> = ['grounding'],
) {
  const { samples } = yield* loadSource({ dataset: 'shapes', split, annotations, policy: 'keep' })
  const truths = yield* readTruth(annotations, split)
  return samples
    .filter(({ task }) => tasks.includes(task))
    .map((sample): Sample => {
      const { windows, grade } = truths.get(sample.id)!
      return { ...sample, windows, meta: { ...sample.meta, grade } }
    })
})
