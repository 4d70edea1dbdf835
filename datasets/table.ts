import { Effect } from 'effect'
import { alike, InputError } from '../core/index.ts'
import type { Collector } from './collect.ts'
import { type CsvRecord, csvOf } from './csv.ts'
import type { AnnotationFile } from './files.ts'

/** One row of a table with a header. */
export interface TableRow {
  /** 1-based line on which the row starts. */
  readonly line: number
  readonly names: ReadonlyArray<string>
  /** The cell of a column; undefined where the column is unknown. */
  readonly cell: (name: string) => string | undefined
}

/** Which of some columns was likely meant for a missing one; null where none was. */
export type MeantColumn = (missing: string, others: ReadonlyArray<string>) => string | null

/** What is wrong with a header, and what to do. */
const headerFault = (
  header: CsvRecord | undefined,
  names: ReadonlyArray<string>,
  needed: ReadonlyArray<string>,
  meant: MeantColumn,
): { readonly problem: string; readonly remedy: string } | null => {
  if (header === undefined)
    return { problem: 'contains only blank lines', remedy: 'give a file with a header and rows' }
  if (header.problem !== undefined) return { problem: header.problem, remedy: 'fix the header' }
  if (header.cells.some((cell) => cell.includes('\r')))
    return { problem: 'lines end with CR only', remedy: 'save the file with LF or CRLF line endings' }
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index)
  if (twice !== undefined)
    return { problem: `the header has the column ${twice} twice`, remedy: 'keep one of them' }
  const missing = needed.find((name) => !names.includes(name))
  if (missing === undefined) return null
  const guess = meant(
    missing,
    names.filter((name) => !needed.includes(name)),
  )
  return {
    problem: `the header has no column ${missing}`,
    remedy:
      names.length === 1 && /[;\t|]/.test(names[0] ?? '')
        ? 'separate the columns by commas'
        : guess === null
          ? 'add it, or use the file as published'
          : `rename the column (the nearest is ${guess})`,
  }
}

/**
 * The rows of a CSV file whose header must have the columns `needed`. A row with more or fewer cells than the header, or
 * with wrong quotes, is a problem: a comma inside an unquoted cell shifts the cells after it.
 */
export const tableOf = Effect.fnUntraced(function* (
  source: AnnotationFile,
  needed: ReadonlyArray<string>,
  into: Collector,
  meant: MeantColumn = alike,
): Effect.fn.Return<ReadonlyArray<TableRow>, InputError> {
  const [header, ...records] = yield* csvOf(source)
  const names = header?.cells.map((name) => name.trim()) ?? []
  const fault = headerFault(header, names, needed, meant)
  if (fault !== null)
    return yield* new InputError({ subject: `${source.path}:${header?.line ?? 1}`, ...fault })
  const places = new Map(names.map((name, index) => [name, index]))
  return records.flatMap(({ line, cells, problem }): ReadonlyArray<TableRow> => {
    const wrong =
      problem ??
      (cells.length === names.length
        ? null
        : `${cells.length} cells, and the header has ${names.length}: a cell with a comma must be quoted`)
    if (wrong !== null) {
      into.unread(source.path, line, wrong)
      return []
    }
    return [
      {
        line,
        names,
        cell: (name) => {
          const place = places.get(name)
          return place === undefined ? undefined : cells[place]
        },
      },
    ]
  })
})
