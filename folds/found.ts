import { join } from 'node:path'
import { Effect } from 'effect'
import { type Database, listFolder, readParts } from '../store/index.ts'
import { type Record, readJournal } from './journal.ts'
import type { Outcome } from './manifest.ts'
import type { Fold, Planned } from './plan.ts'
import { fromRow } from './row.ts'

export const partName = (index: number): string => `part-${String(index).padStart(5, '0')}.parquet`
export const isPart = (name: string) => /^part-\d+\.parquet$/.test(name)

export const foldName = (fold: Fold): string =>
  `fold-${String(fold.start).padStart(8, '0')}-${String(fold.end).padStart(8, '0')}`

/** The finished part files of an agent's folder, all folds together, sorted. */
export const listParts = Effect.fn('Folds.listParts')(function* (folder: string) {
  const parts: Array<string> = []
  for (const fold of (yield* listFolder(folder)).filter((name) => name.startsWith('fold-')))
    for (const name of (yield* listFolder(join(folder, fold))).filter(isPart))
      parts.push(join(folder, fold, name))
  return parts
})

/** Rows of earlier starts for these samples: of this fold, and of any other cut of the dataset. */
export const findKnown = Effect.fnUntraced(function* (
  database: Database,
  folder: string,
  journal: string,
  hash: string,
  keys: ReadonlySet<string>,
) {
  const known = new Map<string, Record>()
  const add = (record: Record) => {
    const before = known.get(record.key)
    const looked = record.state === 'looked' || record.state === 'unfit'
    if (keys.has(record.key) && (before === undefined || looked)) known.set(record.key, record)
  }
  for (const fold of (yield* listFolder(folder)).filter((name) => name.startsWith('fold-'))) {
    const parts = (yield* listFolder(join(folder, fold))).filter(isPart)
    const rows = yield* readParts(
      database,
      parts.map((name) => join(folder, fold, name)),
      ['key', 'settings', 'outcome', 'reason', 'evidence'],
    )
    for (const row of rows) if (row.settings === hash) add(fromRow(row))
    const other = join(folder, fold, 'journal.jsonl')
    if (other !== journal) for (const record of (yield* readJournal(other)).values()) add(record)
  }
  for (const record of (yield* readJournal(journal)).values()) add(record)
  return known
})

/** The parts of this fold that hold exactly the planned samples of their slice. */
export const findFinished = Effect.fnUntraced(function* (
  database: Database,
  folder: string,
  hash: string,
  slices: ReadonlyArray<ReadonlyArray<Planned>>,
) {
  const finished = new Map<number, ReadonlyArray<Outcome>>()
  for (const [index, slice] of slices.entries()) {
    const names = yield* listFolder(folder)
    if (!names.includes(partName(index))) continue
    const rows = yield* readParts(database, [join(folder, partName(index))], ['key', 'settings', 'outcome'])
    if (
      rows.length === slice.length &&
      rows.every((row, i) => row.key === slice[i]!.key && row.settings === hash)
    )
      finished.set(
        index,
        rows.map((row) => row.outcome as Outcome),
      )
  }
  return finished
})
