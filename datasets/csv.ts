import { CsvError, parse } from 'csv-parse/sync'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { type AnnotationFile, eachLine } from './files.ts'

/** One record of a CSV file and the 1-based line on which it starts, or why there is none. */
export interface CsvRecord {
  readonly line: number
  readonly cells: ReadonlyArray<string>
  readonly problem?: string
}

const problemOf = (error: CsvError): string => {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'unterminated quote'
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a quote inside an unquoted cell: quote the whole cell and double the quote'
    default:
      return error.message.replaceAll('\n', ' ')
  }
}

interface Portion {
  readonly records: ReadonlyArray<CsvRecord>
  /** How many of the lines they took. */
  readonly used: number
  /** Why the next record cannot be read; null where there is none left. */
  readonly error: CsvError | null
}

const breaksIn = (text: string): number => text.split('\n').length - 1

/** The records of some whole lines up to the first whose quotes are wrong. */
const parsePortion = (lines: ReadonlyArray<string>, first: number): Portion => {
  const records: Array<CsvRecord> = []
  let at = 0
  const options = {
    skip_empty_lines: true,
    // `tableOf` reports rows with a wrong number of cells.
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n'],
    on_record: (cells: ReadonlyArray<string>) => {
      while (lines[at] === '') at++
      records.push({ line: first + at, cells })
      at += 1 + cells.reduce((sum, cell) => sum + breaksIn(cell), 0)
      return null
    },
  }
  try {
    parse(lines.join('\n'), options)
    return { records, used: lines.length, error: null }
  } catch (error) {
    if (error instanceof CsvError) return { records, used: at, error }
    throw error
  }
}

/** Lines parsed at a time: few after an error, so that reading stays linear in a file with many errors. */
const portionLines = { least: 100, most: 20_000 }
/** A quoted cell with more lines than this was opened by mistake. */
const longestCell = 200

/**
 * The records of CSV lines (RFC 4180 without its loopholes: a cell with a quote is quoted as a whole, quotes in it
 * doubled). After a record with wrong quotes, reading continues with the next line. Blank lines are skipped.
 */
export const parseCsv = (lines: ReadonlyArray<string>): ReadonlyArray<CsvRecord> => {
  const records: Array<CsvRecord> = []
  for (let at = 0, size = portionLines.most; at < lines.length; ) {
    const portion = lines.slice(at, at + size)
    const last = at + size >= lines.length
    const { records: found, used, error } = parsePortion(portion, at + 1)
    records.push(...found)
    if (error === null) {
      at += portion.length
      size = Math.min(2 * size, portionLines.most)
      continue
    }
    let start = at + used
    while (lines[start]?.trim() === '') start++
    // The cell may continue after this chunk.
    const open = error.code === 'CSV_QUOTE_NOT_CLOSED' && !last && at + size - start <= longestCell
    if (!open) records.push({ line: start + 1, cells: [], problem: problemOf(error) })
    at = open ? start : start + 1
    size = open ? 4 * longestCell : portionLines.least
  }
  return records
}

/** The records of a CSV file. */
export const csvOf = (source: AnnotationFile): Effect.Effect<ReadonlyArray<CsvRecord>, InputError> =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const faults: Array<CsvRecord> = []
    return Effect.map(
      eachLine(source, ({ line, text, problem }) => {
        if (problem === undefined) lines[line - 1] = text
        else faults.push({ line, cells: [], problem: `the line ${problem}` })
      }),
      () => [...parseCsv(Array.from(lines, (text) => text ?? '')), ...faults].sort((a, b) => a.line - b.line),
    )
  })
