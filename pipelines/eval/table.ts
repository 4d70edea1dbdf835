import { join } from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { modelReportSchema, parseValues } from '../../eval/index.ts'
import { readJson, requireText } from '../../files/index.ts'

/** The report of a finished evaluation and the samples that it scored. */
const readModel = Effect.fnUntraced(function* (folder: string) {
  const path = join(folder, 'report.json')
  const report = yield* readJson(path, modelReportSchema)
  if (report === null)
    return yield* new InputError({
      subject: path,
      problem: 'is missing',
      remedy: 'give the folder of a finished evaluation',
    })
  const values = join(folder, 'values.jsonl')
  const { ids } = yield* parseValues(values, yield* requireText(values))
  return { folder, report, ids: ids.toSorted().join('\n') }
})

/** `spanwise eval table`: the reports of several models on the same samples, refused where those differ. */
export const runTable = Effect.fn('Pipelines.runTable')(function* (folders: ReadonlyArray<string>) {
  const models = yield* Effect.forEach(folders, readModel)
  const [first] = models
  const other = models.find(({ report, ids }) => report.suite !== first?.report.suite || ids !== first?.ids)
  if (first !== undefined && other !== undefined)
    return yield* new InputError({
      subject: other.folder,
      problem: `scores ${other.report.n} samples of ${other.report.suite}, not the ${first.report.n} of ${first.report.suite} in ${first.folder}`,
      remedy: 'evaluate all models on the same samples',
    })
  return models.map(({ report }) => report)
})
