import { join } from 'node:path'
import { Effect } from 'effect'
import { defaultWorldSettings, type WorldSettings, writeWorld } from '../datasets/shapes/index.ts'

/** The world that `--dataset shapes` means where no folder is named: small enough for a laptop. */
export const laptopWorld: WorldSettings = {
  ...defaultWorldSettings,
  seed: 1,
  splits: [
    { split: 'train', videos: 200 },
    { split: 'valid', videos: 100 },
  ],
}

/** Renders the laptop world below `runs` unless it is there, and says where its files lie. */
export const ensureWorld = Effect.fn('Pipelines.ensureWorld')(function* (runs: string) {
  const annotations = join(runs, 'worlds', 'shapes')
  yield* writeWorld(annotations, laptopWorld)
  return { annotations, videos: join(annotations, 'videos') }
})
