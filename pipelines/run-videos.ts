import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { agents } from '../agents/index.ts'
import { listSlices, recordedPlan, recordedVideos, type Slice, sameSlice } from '../folds/index.ts'

/**
 * The folder of the videos of a slice of a run: as configured, else as the run recorded, else beside the annotations of
 * a shapes world. Null where none is known.
 *
 * @param configured folders of videos by dataset
 */
export const videoFolderOf = Effect.fn('Pipelines.videoFolderOf')(function* (
  run: string,
  slice: Slice,
  configured: { readonly [dataset: string]: string },
) {
  if (Object.hasOwn(configured, slice.dataset)) return configured[slice.dataset]!
  let beside: string | null = null
  for (const { name } of Object.values(agents))
    for (const found of yield* listSlices(join(run, name))) {
      if (!sameSlice(found.slice, slice)) continue
      const recorded = yield* recordedVideos(found.folder)
      if (recorded !== null) return recorded
      const plan = yield* recordedPlan(found.folder)
      if (slice.dataset === 'shapes' && plan !== null) beside = join(plan.source.annotations, 'videos')
    }
  return beside !== null && existsSync(beside) ? beside : null
})
