import { join } from 'node:path'
import { Effect } from 'effect'
import { reasoningWriter } from '../agents/index.ts'
import { bandOf, defaultBounds } from '../curriculum/index.ts'
import { makeFolder, writeWhole } from '../files/index.ts'
import { curatedFile, literal, type Row, sampleOfStored } from '../store/index.ts'
import { type AgentOptions, runAgent } from './agent.ts'
import { openMerged } from './merge.ts'

/** The records of a dataset's split. */
export interface CotRecords {
  /** Folder of `train.jsonl`, which `train sft` reads, and `dropped.jsonl`, which says why each other try is not in it. */
  readonly out: string
  readonly samples: number
  readonly tries: number
  readonly records: number
  /** Tries that are no record, by the rule that they break; samples that could not be asked about as `annotation`. */
  readonly dropped: { readonly [rule: string]: number }
}

const textsOf = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map(String) : [])

const ruleOf = (reason: string): string => reason.split(':')[0]!

/** Training rows of a verdict: its sample once for each record, as hard as its tries were wrong. */
const rowsOf = (row: Row): ReadonlyArray<object> => {
  const { meta, ...sample } = sampleOfStored(row)
  const difficulty = 1 - Number(row.accuracy)
  return textsOf(row.cot).map((cot, index) => ({
    ...sample,
    id: index === 0 ? sample.id : `${sample.id}#${index + 1}`,
    meta: { ...meta, cot },
    curation: { difficulty, band: bandOf(difficulty, defaultBounds), weight: 1 },
  }))
}

/** What became of each try that is no record, and of each sample without tries. */
const droppedOf = (row: Row): ReadonlyArray<{ readonly sample: string; readonly reason: string }> => {
  const about = { sample: String(row.sample), file: String(row.file) }
  const reasons = textsOf(row.reasons)
  if (reasons.length === 0 && row.outcome !== 'kept')
    return [{ ...about, reason: String(row.reason ?? row.outcome) }]
  return reasons.flatMap((reason, index) => (reason === 'kept' ? [] : [{ ...about, try: index + 1, reason }]))
}

const lines = (rows: ReadonlyArray<object>): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** Writes the records of a split whose verdicts are merged into `RUN/cot/DATASET-SPLIT`. */
const writeRecords = Effect.fnUntraced(function* ({ run, dataset, split }: AgentOptions) {
  const rows = yield* Effect.scoped(
    Effect.flatMap(openMerged(run), ({ database }) =>
      database.rows(
        `SELECT * FROM reasoning_writer WHERE dataset = ${literal(dataset)} AND split = ${literal(split)} ORDER BY part, part_row`,
      ),
    ),
  )
  const folder = join(run, 'cot', `${dataset}-${split}`)
  const records = rows.flatMap(rowsOf)
  const dropped = rows.flatMap(droppedOf)
  yield* makeFolder(folder)
  yield* writeWhole(join(folder, 'dropped.jsonl'), lines(dropped))
  yield* writeWhole(join(folder, curatedFile), lines(records))
  const counts: { [rule: string]: number } = {}
  for (const { reason } of dropped) counts[ruleOf(reason)] = (counts[ruleOf(reason)] ?? 0) + 1
  return {
    out: folder,
    samples: rows.length,
    tries: rows.reduce((sum, { tries }) => sum + Number(tries ?? 0), 0),
    records: records.length,
    dropped: counts,
  } satisfies CotRecords
})

/**
 * `spanwise cot`: chains of thought for one fold of a counting dataset, and, once every fold's verdicts are merged, the
 * file of those that agree with the annotation.
 */
export const runCot = Effect.fn('Pipelines.runCot')(function* (options: AgentOptions) {
  const summary = yield* runAgent(reasoningWriter, options)
  return { ...summary, records: summary.merged ? yield* writeRecords(options) : null }
})
