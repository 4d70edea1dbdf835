import { catalogue } from '../datasets/index.ts'

export { type CheckOptions, runCheck, type VideoFault } from './datasets/check.ts'
export { type ExportOptions, runExport } from './datasets/export.ts'
export { runInspect, type SplitSummary } from './datasets/inspect.ts'
export { type DatasetOptions, faultIn } from './datasets/readings.ts'

/** `spanwise datasets list`: what the catalogue knows of each dataset. */
export const listDatasets = () =>
  Object.values(catalogue).map(({ name, licence, homepage, files, splits, sizes }) => ({
    name,
    licence,
    homepage,
    files,
    splits,
    sizes,
  }))
