import { boundaryReflection, type Column, difficultyEstimation } from '../agents/index.ts'
import {
  allAgents,
  type Columns,
  curatedColumns,
  placeColumns,
  sharedColumns,
  tableColumns,
  tableOf,
  verdictColumns,
} from './columns.ts'
import { identifier, literal } from './database.ts'

/** A table or view of `spanwise query`, with documented columns. */
export interface Relation {
  readonly kind: 'table' | 'view'
  readonly name: string
  readonly comment: string
  readonly columns: Columns
  /** The query behind a view, if it does not depend on the location of the run. */
  readonly query?: string
}

const names = (columns: Columns): string => Object.keys(columns).map(identifier).join(', ')

const some = (columns: Columns, ...wanted: ReadonlyArray<string>): Columns =>
  Object.fromEntries(wanted.map((name) => [name, columns[name]!]))

/** Results of curations: the only rows that cannot be rebuilt from part files. A change needs a migration. */
export const curationTables: ReadonlyArray<Relation> = [
  {
    kind: 'table',
    name: 'curated',
    comment: 'the decision of each curation about each sample',
    columns: curatedColumns,
  },
  {
    kind: 'table',
    name: 'provenance',
    comment: 'the inputs and settings of each curation',
    columns: {
      selection: {
        type: 'VARCHAR',
        comment: 'name of the curation; null where an earlier version kept none',
      },
      name: { type: 'VARCHAR', comment: 'e.g. act, selection, "difficulty-estimation model"' },
      value: { type: 'VARCHAR', comment: 'text or JSON' },
    },
  },
]

/** One table for each agent: one verdict per sample and settings. */
export const verdictTables: ReadonlyArray<Relation> = allAgents.map((agent) => ({
  kind: 'table',
  name: tableOf(agent),
  comment: `verdicts of ${agent.name}, one per sample`,
  columns: tableColumns(agent),
}))

export const partsTable: Relation = {
  kind: 'table',
  name: 'parts',
  comment: 'the part files that the verdicts come from',
  columns: {
    agent: { type: 'VARCHAR', comment: 'name of the agent' },
    part: placeColumns.part,
    bytes: { type: 'DOUBLE', comment: 'size of the file' },
    modified: { type: 'DOUBLE', comment: 'milliseconds since 1970' },
    verdicts: { type: 'INTEGER', comment: 'verdicts in it, including superseded ones' },
    plan: { type: 'VARCHAR', comment: 'hash of the plan whose verdicts count; empty where all do' },
  },
}

/** The part files' bulky columns. Its query depends on where the run is, so whoever opens a run makes it again. */
export const evidenceView: Relation = {
  kind: 'view',
  name: 'evidence',
  comment: 'input, replies and cost of the model, read from the part files; join it by part and part_row',
  columns: {
    ...some(sharedColumns, 'key', 'settings', 'agent', 'sample'),
    evidence: verdictColumns.evidence,
    usage: verdictColumns.usage,
    ...placeColumns,
  },
}

const samples: Columns = {
  ...some(
    sharedColumns,
    'key',
    'sample',
    'dataset',
    'split',
    'video',
    'file',
    'query',
    'windows',
    'duration',
  ),
  bra: { type: 'VARCHAR', comment: 'outcome of boundary reflection; null if not processed' },
  dea: { type: 'VARCHAR', comment: 'outcome of difficulty estimation; null if not processed' },
  ...some(tableColumns(boundaryReflection), 'verdict', 'criterion', 'score', 'verified'),
  ...some(tableColumns(difficultyEstimation), 'difficulty', 'band', 'mean_iou', 'sd_iou', 'prior_iou'),
  uncertainty: {
    type: 'DOUBLE',
    comment: 'how unsure the agents are, 0 to 1: what people should look at first',
  },
  bra_part: { type: 'VARCHAR', comment: 'part file of the verdict of boundary reflection' },
  bra_row: { type: 'INTEGER', comment: 'row in it, from 0' },
  dea_part: { type: 'VARCHAR', comment: 'part file of the verdict of difficulty estimation' },
  dea_row: { type: 'INTEGER', comment: 'row in it, from 0' },
}

/**
 * Of the reflection: 1 where its verdict is uncertain, else how close its score is to the even odds. Of the difficulty:
 * twice the standard deviation of the IoUs, which is at most 0.5. The first counts three times as much, because it is
 * about the annotation and the second about the model too.
 */
const ofReflection = "CASE verdict WHEN 'uncertain' THEN 1 ELSE 1 - abs(2 * score - 1) END"
const uncertainty = `coalesce(0.75 * (${ofReflection}) + 0.25 * 2 * sd_iou, ${ofReflection}, 2 * sd_iou)`

const sampleColumn = (name: string): string => {
  if (name === 'key') return 'key'
  if (name === 'bra') return 'b.outcome AS bra'
  if (name === 'dea') return 'd.outcome AS dea'
  if (name === 'uncertainty') return `${uncertainty} AS uncertainty`
  const place = /^(b|d)(?:r|e)a_(part|row)$/.exec(name)
  if (place !== null) return `${place[1]}.${place[2] === 'part' ? 'part' : 'part_row'} AS ${name}`
  return name in sharedColumns ? `coalesce(b.${name}, d.${name}) AS ${name}` : name
}

const failures = some(
  sharedColumns,
  ...['agent', 'key', 'sample', 'dataset', 'split', 'video', 'file', 'query', 'outcome', 'reason'],
  ...['part', 'part_row'],
)

/** Views over the tables; the same whether those are tables or views over part files. */
export const views: ReadonlyArray<Relation> = [
  {
    kind: 'view',
    name: 'verdicts',
    comment: 'every verdict of every agent, common columns only',
    columns: sharedColumns,
    query: verdictTables.map(({ name }) => `SELECT ${names(sharedColumns)} FROM ${name}`).join(' UNION ALL '),
  },
  {
    kind: 'view',
    name: 'samples',
    comment: 'both agents joined, one row per sample',
    columns: samples,
    query: `SELECT ${Object.keys(samples).map(sampleColumn).join(', ')}
            FROM boundary_reflection b FULL JOIN difficulty_estimation d USING (key)`,
  },
  {
    kind: 'view',
    name: 'failures',
    comment: 'samples that an agent could not process, and why',
    columns: failures,
    // DuckDB applies this form while it reads the column, IN only afterwards, which takes twice the time.
    query: `SELECT ${names(failures)} FROM verdicts WHERE outcome NOT IN ('kept', 'dropped')`,
  },
  {
    kind: 'view',
    name: 'summary',
    comment: 'number of verdicts by agent, dataset, split and outcome',
    columns: {
      ...some(sharedColumns, 'agent', 'dataset', 'split', 'outcome'),
      verdicts: { type: 'INTEGER', comment: 'how many' },
    },
    query: `SELECT agent, dataset, split, outcome, count(*)::INTEGER AS verdicts
            FROM verdicts GROUP BY ALL ORDER BY ALL`,
  },
]

/** Every table and view, in the order of the documentation. */
export const relations: ReadonlyArray<Relation> = [
  ...verdictTables,
  evidenceView,
  ...views,
  ...curationTables,
  partsTable,
]

/** Digests would become half as long, and every page that sorts by them half as slow again. */
const compressions = { repeats: 'dictionary', digest: 'uncompressed' } as const

/** By default DuckDB tries every compression on all texts of a table, which takes a quarter of a merge's time. */
const compression = ({ type, text }: Column): string =>
  type === 'VARCHAR' ? ` USING COMPRESSION ${text === undefined ? 'fsst' : compressions[text]}` : ''

/** The statement that makes an empty table, or a view. */
export const create = ({ name, columns, query }: Relation): string =>
  query === undefined
    ? `CREATE TABLE ${identifier(name)} (${Object.entries(columns)
        .map(([name, column]) => `${identifier(name)} ${column.type}${compression(column)}`)
        .join(', ')});`
    : `CREATE VIEW ${identifier(name)} AS ${query};`

/** The statements that store the documentation in the database. */
export const describe = ({ kind, name, comment, columns }: Relation): string =>
  [
    `COMMENT ON ${kind.toUpperCase()} ${identifier(name)} IS ${literal(comment)};`,
    ...Object.entries(columns).map(
      ([column, about]) =>
        `COMMENT ON COLUMN ${identifier(name)}.${identifier(column)} IS ${literal(about.comment)};`,
    ),
  ].join('\n')
