import { Effect } from 'effect'
import { define } from '../collect.ts'
import { find } from '../files.ts'
import { type MeantColumn, tableOf } from '../table.ts'
import { jsonCell, numberCell } from './cells.ts'
import { meantField, ownFields } from './fields.ts'
import { candidates, ownSplits } from './files.ts'
import { addOwnRow } from './row.ts'

const numbers: ReadonlySet<string> = new Set(['duration', 'start', 'end'])
const lists: ReadonlySet<string> = new Set(['windows', 'options', 'meta', 'cycles'])

const valueOf = (name: string, cell: string): unknown => {
  if (numbers.has(name)) return numberCell(cell)
  if (lists.has(name)) return jsonCell(cell)
  return cell === '' ? undefined : cell
}

/** The first column that is not a field itself and stands for the missing one: another spelling, or another name for it. */
const meantColumn: MeantColumn = (missing, others) =>
  others.find((name) => !ownFields.includes(name) && meantField(name, undefined, new Set()) === missing) ??
  null

/**
 * Own data as CSV with a header: one column a field; `windows`, `options`, `meta` and `cycles` hold JSON, one window
 * may also be `start` and `end`. Empty cells are absent. Other columns are kept in `meta`.
 */
export const csv = define({
  name: 'csv',
  licence: null,
  homepage: 'your own data',
  files: ['<split>.csv'],
  splits: ownSplits,
  sizes: {},
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, candidates(folder, split, 'csv'), into.settings.form)
    for (const { line, cell, names } of yield* tableOf(source, ['video', 'query'], into, meantColumn)) {
      const fields = names
        .filter((name) => name !== '')
        .map((name) => [name, valueOf(name, cell(name) ?? '')] as const)
      addOwnRow(
        source.path,
        line,
        Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
        into,
      )
    }
    return [source]
  }),
})
