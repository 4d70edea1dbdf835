import { Effect } from 'effect'
import { InputError, nearest } from '../core/index.ts'
import { parseCsv } from './csv.ts'
import { type AnnotationFile, textOfSource } from './files.ts'

/** One row of a table with a header. */
export interface TableRow {
  /** 1-based line on which the row starts. */
  readonly line: number
  readonly names: ReadonlyArray<string>
  /** The cell of a column; undefined where the row is too short or the column unknown. */
  readonly cell: (name: string) => string | undefined
}

/** The rows of a CSV file whose header must have the columns `needed`. */
export const tableOf = (
  source: AnnotationFile,
  needed: ReadonlyArray<string>,
): Effect.Effect<ReadonlyArray<TableRow>, InputError> =>
  Effect.gen(function* () {
    const [header, ...records] = parseCsv(yield* textOfSource(source))
    const names = header?.cells.map((name) => name.trim()) ?? []
    const missing = needed.find((name) => !names.includes(name))
    if (missing !== undefined) {
      const only = names.length === 1 && /[;\t|]/.test(names[0] ?? '')
      const guess = nearest(missing, names)
      return yield* new InputError({
        subject: `${source.path}:${header?.line ?? 1}`,
        problem: `the header has no column ${missing}`,
        remedy: only
          ? 'separate the columns by commas'
          : guess === null
            ? 'give the file as published'
            : `name it so (the nearest is ${guess})`,
      })
    }
    const places = new Map(names.map((name, index) => [name, index]))
    return records.map(({ line, cells }) => ({
      line,
      names,
      cell: (name) => {
        const place = places.get(name)
        return place === undefined ? undefined : cells[place]
      },
    }))
  })
