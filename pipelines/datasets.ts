import { Effect } from 'effect'
import { allDatasets } from '../datasets/index.ts'

export { type CheckOptions, runCheck, type VideoFault } from './datasets/check.ts'
export { type ExportOptions, runExport } from './datasets/export.ts'
export { runInspect, type SplitSummary } from './datasets/inspect.ts'
export { type DatasetOptions, faultIn } from './datasets/readings.ts'

/** `spanwise datasets list`: the known datasets, those of the configuration first. */
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
