import type { Column } from '../../../api/index.ts'

/** Least width in pixels and share of what is left over. */
const wide: { readonly [column: string]: readonly [least: number, share: number] } = {
  query: [220, 3],
  sample: [130, 1],
  windows: [120, 1.2],
  verified: [120, 1.2],
  reason: [160, 1.5],
  key: [160, 1],
}

const widthOf = (name: string, columns: ReadonlyArray<Column>): readonly [least: number, share: number] =>
  wide[name] ?? (columns.find((column) => column.name === name)?.numeric === true ? [84, 0.4] : [96, 0.5])

/** Style of a row: texts get the room that numbers leave, and the table is never narrower than its columns need. */
export const tracksOf = (shown: ReadonlyArray<string>, columns: ReadonlyArray<Column>) => {
  const widths = shown.map((name) => widthOf(name, columns))
  return {
    gridTemplateColumns: widths.map(([least, share]) => `minmax(${least}px, ${share}fr)`).join(' '),
    minWidth: `${widths.reduce((sum, [least]) => sum + least, 12)}px`,
  }
}
