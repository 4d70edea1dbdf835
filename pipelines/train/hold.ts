import { Effect } from 'effect'
import { breakLease as breakHold, holderOf, holdFolder } from '../../files/index.ts'
import type { RunFolder } from '../../trainer/index.ts'

/**
 * Opens a run's folder and holds it for this process until the scope closes: two trainings in one folder would each
 * write every step. A folder that a live process holds is refused before it is touched.
 *
 * @param breakLease take it over from its recorded holder.
 */
export const holdRun = Effect.fn('Pipelines.holdRun')(function* <E, R>(
  run: string,
  open: Effect.Effect<RunFolder, E, R>,
  breakLease: boolean,
) {
  const name = `training run ${run}`
  if (breakLease) yield* breakHold(run)
  // A path that is not a folder has no holder; opening it reports the problem.
  else if ((yield* Effect.orElseSucceed(holderOf(run), () => null)) !== null) yield* holdFolder(run, name)
  const folder = yield* open
  yield* holdFolder(run, name)
  return folder
})
