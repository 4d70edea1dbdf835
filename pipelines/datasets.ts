import { Effect } from 'effect'
import { allDatasets } from '../datasets/index.ts'

export { type CheckOptions, runCheck, type VideoFault } from './datasets/check.ts'
export { type ExportOptions, runExport } from './datasets/export.ts'
export { runInspect, type SplitSummary } from './datasets/inspect.ts'
export { type DatasetOptions, faultIn } from './datasets/readings.ts'

/** `spanwise datasets list`: what is known of each dataset, the user's own first. */
export const listDatasets = Effect.map(allDatasets(), (all) =>
  all.map(({ name, licence, homepage, files, splits, sizes }) => ({
    name,
    licence,
    homepage,
    files,
    splits,
    sizes,
  })),
)
