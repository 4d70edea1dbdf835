import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import type { Window } from '../../core/index.ts'
import { parseValues, type Values } from '../../eval/index.ts'
import { parquetOf } from '../../store/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import { refusal } from '../server/refusal.ts'
import type { Studio } from '../studio.ts'

/** The values of every sample of an evaluation. */
export const valuesOf = Effect.fnUntraced(function* (run: FoundRun) {
  const path = join(run.path, 'values.jsonl')
  const text = yield* Effect.try({
    try: () => readFileSync(path, 'utf8'),
    catch: () =>
      refusal(404, `${run.name} has no scores yet`, 'wait for the evaluation, or run "spanwise eval" again'),
  })
  return yield* parseValues(path, text)
})

/** The values of some samples only, in their order. */
export const choose = (values: Values, ids: ReadonlyArray<string>): Values => {
  const place = new Map(values.ids.map((id, index) => [id, index]))
  const order = ids.map((id) => place.get(id)!)
  return {
    ids,
    videos: order.map((index) => values.videos[index]!),
    columns: values.columns.map(({ values: all, counted, ...rest }) => ({
      ...rest,
      values: Float64Array.from(order, (index) => all[index]!),
      ...(counted === undefined ? {} : { counted: Uint8Array.from(order, (index) => counted[index]!) }),
    })),
  }
}

/** What an evaluation recorded of a sample beside its reply. */
export interface EvaluatedSample {
  readonly key: string
  readonly query: string
  readonly windows: ReadonlyArray<Window> | null
  readonly duration: number | null
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The part files of an evaluation; none for predictions that were given as a file. */
export const partFiles = (run: FoundRun): ReadonlyArray<string> =>
  namesIn(run.path)
    .filter((name) => name.startsWith('fold-'))
    .flatMap((fold) => namesIn(join(run.path, fold)).map((name) => join(run.path, fold, name)))
    .filter((path) => /part-\d+\.parquet$/.test(path))

/** The samples of an evaluation by id, from the part files of its model; none for predictions that were given as a file. */
export const samplesOf = Effect.fnUntraced(function* (studio: Studio, run: FoundRun) {
  const parts = partFiles(run)
  if (parts.length === 0) return new Map<string, EvaluatedSample>()
  const rows = yield* studio.parts.rows(
    `SELECT "key", sample, "query", windows, duration FROM ${parquetOf(parts, 'union_by_name = true')}`,
  )
  return new Map(
    rows.map((row): readonly [string, EvaluatedSample] => [
      String(row.sample),
      {
        key: String(row.key),
        query: String(row.query),
        windows: row.windows as unknown as ReadonlyArray<Window> | null,
        duration: row.duration === null ? null : Number(row.duration),
      },
    ]),
  )
})
