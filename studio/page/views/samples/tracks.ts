import type { Column } from '../../../api/index.ts'

const wide: { readonly [column: string]: string } = {
  query: 'minmax(260px, 3fr)',
  sample: 'minmax(150px, 1fr)',
  windows: 'minmax(120px, 1.2fr)',
  verified: 'minmax(120px, 1.2fr)',
  reason: 'minmax(160px, 1.5fr)',
  key: 'minmax(160px, 1fr)',
}

/** `grid-template-columns` of the table: texts get the room that numbers leave. */
export const trackOf = (shown: ReadonlyArray<string>, columns: ReadonlyArray<Column>): string =>
  shown
    .map((name) => {
      const numeric = columns.find((column) => column.name === name)?.numeric === true
      return wide[name] ?? (numeric ? 'minmax(84px, 0.5fr)' : 'minmax(92px, 0.7fr)')
    })
    .join(' ')
