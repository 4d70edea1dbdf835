import { type Relation, relations as stored } from '../../store/index.ts'
import type { Column } from '../api/index.ts'

/** A table that the page can show, with its columns as the browser sees them. */
export interface ShownRelation {
  readonly name: string
  readonly comment: string
  readonly columns: ReadonlyArray<Column>
}

const isNumeric = (type: string): boolean => /^(DOUBLE|INTEGER)$/.test(type)

/** Places of verdicts are the server's business; every other column is shown. */
const isInternal = (name: string): boolean => /^(bra|dea)_(part|row)$/.test(name)

/** What reviewers decided, joined to the samples. */
export const reviewColumns: ReadonlyArray<Column> = [
  {
    name: 'review',
    type: 'VARCHAR',
    comment: 'accept, reject, repair or conflict, over all reviewers; null where nobody decided',
    numeric: false,
  },
  { name: 'reviewers', type: 'INTEGER', comment: 'how many decided', numeric: true },
]

const shown = ({ name, comment, columns }: Relation): ShownRelation => ({
  name,
  comment,
  columns: [
    ...Object.entries(columns)
      .filter(([column]) => !isInternal(column))
      .map(([column, about]) => ({
        name: column,
        type: about.type,
        comment: about.comment,
        numeric: isNumeric(about.type),
      })),
    ...(name === 'samples' ? reviewColumns : []),
  ],
})

/** `samples` first; tables without a sample's key are none of the page's. */
export const shownRelations: ReadonlyMap<string, ShownRelation> = new Map(
  stored
    .filter(({ name, columns }) => name !== 'evidence' && 'key' in columns)
    .map(shown)
    .toSorted((a, b) => Number(b.name === 'samples') - Number(a.name === 'samples'))
    .map((relation) => [relation.name, relation]),
)
