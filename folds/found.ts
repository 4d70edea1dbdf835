import { join } from 'node:path'
import { Effect } from 'effect'
import { listFolder } from '../files/index.ts'
import { type Database, literal, parquetOf, readParts } from '../store/index.ts'
import { type JournalEntry, readJournal } from './journal.ts'
import type { Outcome } from './manifest.ts'
import type { Fold, Planned } from './plan.ts'
import { fromRow } from './row.ts'

export const partName = (index: number): string => `part-${String(index).padStart(5, '0')}.parquet`
export const isPart = (name: string) => /^part-\d+\.parquet$/.test(name)

export const foldName = (fold: Fold): string =>
  `fold-${String(fold.start).padStart(8, '0')}-${String(fold.end).padStart(8, '0')}`

/** The folders of folds in a slice's folder, of any cut, sorted. */
const listFolds = (folder: string) =>
  Effect.map(listFolder(folder), (names) =>
    names.filter((name) => name.startsWith('fold-')).map((name) => join(folder, name)),
  )

/** The finished part files in a slice's folder, all folds together, sorted. */
export const listParts = Effect.fn('Folds.listParts')(function* (folder: string) {
  const parts: Array<string> = []
  for (const fold of yield* listFolds(folder))
    for (const name of (yield* listFolder(fold)).filter(isPart)) parts.push(join(fold, name))
  return parts
})

/**
 * Records of earlier starts for these samples: of this fold, and of any other cut of the dataset. Evidence is read for
 * these samples only, so that the last of many folds needs no more memory than the first.
 */
export const findKnown = Effect.fnUntraced(function* (
  database: Database,
  folders: ReadonlyArray<string>,
  journal: string,
  hash: string,
  keys: ReadonlySet<string>,
) {
  const known = new Map<string, JournalEntry>()
  if (keys.size === 0) return known
  const add = (record: JournalEntry) => {
    const before = known.get(record.key)
    const looked = record.state === 'looked' || record.state === 'unfit'
    if (before === undefined || looked) known.set(record.key, record)
  }
  const wanted = (key: string) => keys.has(key)
  yield* database.run(
    `CREATE OR REPLACE TEMP TABLE wanted AS SELECT unnest(from_json($1::JSON, '["VARCHAR"]')) AS key`,
    [JSON.stringify([...keys])],
  )
  for (const fold of (yield* Effect.forEach(folders, listFolds)).flat()) {
    const parts = (yield* listFolder(fold)).filter(isPart)
    if (parts.length > 0) {
      // By pattern: parts of earlier versions have no column `usage`.
      const rows = yield* database.rows(
        `SELECT COLUMNS('^(key|outcome|reason|evidence|usage)$') FROM ${parquetOf(
          parts.map((name) => join(fold, name)),
          'union_by_name = true',
        )}
         SEMI JOIN wanted USING (key) WHERE settings = ${literal(hash)}`,
      )
      for (const row of rows) add(fromRow(row))
    }
    const other = join(fold, 'journal.jsonl')
    if (other !== journal) for (const record of (yield* readJournal(other, wanted)).values()) add(record)
  }
  for (const record of (yield* readJournal(journal, wanted)).values()) add(record)
  yield* database.run('DROP TABLE wanted')
  return known
})

/** A row of a finished part, as far as counting needs it. */
export interface FinishedRow {
  readonly state: Outcome
  readonly reason: string | null
}

/** Outcomes of the parts of this fold that hold exactly the samples planned for them, by the number of the part. */
export const findFinished = Effect.fnUntraced(function* (
  database: Database,
  folder: string,
  hash: string,
  planned: ReadonlyArray<ReadonlyArray<Planned>>,
) {
  const finished = new Map<number, ReadonlyArray<FinishedRow>>()
  const names = yield* listFolder(folder)
  for (const [index, part] of planned.entries()) {
    if (!names.includes(partName(index))) continue
    const rows = yield* readParts(
      database,
      [join(folder, partName(index))],
      ['key', 'settings', 'outcome', 'reason'],
    )
    if (
      rows.length === part.length &&
      rows.every((row, i) => row.key === part[i]!.key && row.settings === hash)
    )
      finished.set(
        index,
        rows.map(({ outcome, reason }) => ({ state: outcome as Outcome, reason: reason as string | null })),
      )
  }
  return finished
})
