import { Stream } from 'effect'
import { extent, type Json, plainJson, plainLine } from '../../core/index.ts'
import type { Selected, SelectedColumn } from '../../store/index.ts'

export type Format = 'table' | 'json' | 'csv' | 'markdown'

type Cells = ReadonlyArray<Json>

const text = (value: Json): string => {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** One line without control sequences. */
const plain = (value: Json): string => plainLine(text(value))

const csvCell = (value: Json): string => {
  const cell = text(value)
  // RFC 4180; an empty text is quoted, to distinguish it from null.
  return /[",\r\n]/.test(cell) || value === '' ? `"${cell.replaceAll('"', '""')}"` : cell
}

const csvLine = (cells: Cells): string => `${cells.map(csvCell).join(',')}\r\n`

const markdownLine = (cells: Cells): string =>
  `| ${cells.map((cell) => plain(cell).replaceAll('|', '\\|')).join(' | ')} |\n`

/** Longest cell of a table for people. */
const widest = 60

const tableLines = (columns: ReadonlyArray<SelectedColumn>, rows: ReadonlyArray<Cells>): string => {
  const cut = (cell: string) => (cell.length > widest ? `${cell.slice(0, widest - 1)}…` : cell)
  const lines = [columns.map(({ name }) => name), ...rows].map((cells) =>
    cells.map((cell) => cut(plain(cell))),
  )
  const widths = columns.map((_, index) => extent(lines.map((cells) => cells[index]!.length))[1])
  const right = columns.map(({ type }) =>
    /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/.test(type),
  )
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, index) => (right[index] ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!)))
      .join('  ')
      .trimEnd()
  const [head = [], ...body] = lines
  return `${[line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n')}\n`
}

/** The rows within `--limit`; `more` is final once the rows have been read. */
export interface Limited<E> extends Selected<E> {
  readonly more: () => boolean
}

/** The first `limit` rows, all of them if it is 0. Further rows are not computed. */
export const limitRows = <E>({ columns, rows }: Selected<E>, limit: number): Limited<E> => {
  let left = limit === 0 ? Number.POSITIVE_INFINITY : limit
  let more = false
  const first = Stream.map(rows, (group) => {
    const kept = group.slice(0, left)
    more = group.length > left
    left -= kept.length
    return kept
  })
  return { columns, rows: Stream.takeUntil(first, () => more), more: () => more }
}

/**
 * The text of a result as a stream, in constant memory for any number of rows; a table for people is laid out as a whole.
 *
 * @param about what `json` tells besides columns and rows
 */
export const formatRows = <E>(
  format: Format,
  { columns, rows, more }: Limited<E>,
  about: { readonly [name: string]: Json },
): Stream.Stream<string, E> => {
  const names = columns.map(({ name }) => name)
  switch (format) {
    case 'csv':
      return Stream.concat(
        Stream.succeed(csvLine(names)),
        Stream.map(rows, (group) => group.map(csvLine).join('')),
      )
    case 'markdown':
      return Stream.concat(
        Stream.succeed(`${markdownLine(names)}|${names.map(() => ' --- |').join('')}\n`),
        Stream.map(rows, (group) => group.map(markdownLine).join('')),
      )
    case 'json': {
      let between = ''
      const objects = Stream.map(rows, (group) =>
        group
          .map((cells) => {
            const object = plainJson(Object.fromEntries(names.map((name, index) => [name, cells[index]])))
            const piece = between + object
            between = ','
            return piece
          })
          .join(''),
      )
      const head = JSON.stringify({ ...about, columns }).slice(0, -1)
      return Stream.succeed(`${head},"rows":[`).pipe(
        Stream.concat(objects),
        Stream.concat(Stream.suspend(() => Stream.succeed(`],"more":${more()}}\n`))),
      )
    }
    case 'table':
      return Stream.fromEffect(
        Stream.runFold(
          rows,
          (): Array<Cells> => [],
          (all, group) => {
            for (const cells of group) all.push(cells)
            return all
          },
        ),
      ).pipe(Stream.map((all) => tableLines(columns, all)))
  }
}
