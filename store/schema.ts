import { Effect } from 'effect'
import { type Agent, agents, type ColumnType, type ViewSettings } from '../agents/index.ts'
import { InputError } from '../core/index.ts'
import { type Database, identifier, literal, type StoreError } from './database.ts'

/** Version of part files and of `curation.duckdb`; a change of columns needs a migration below. */
export const schemaVersion = 1

interface Column {
  readonly type: ColumnType
  readonly comment: string
}

/** What every verdict holds, whichever agent gave it. */
export const verdictColumns = {
  key: { type: 'VARCHAR', comment: 'SHA-256 of the content of the sample' },
  settings: { type: 'VARCHAR', comment: 'hash of agent, prompt version, model and settings' },
  agent: { type: 'VARCHAR', comment: 'name of the agent' },
  sample: { type: 'VARCHAR', comment: 'identifier of the sample in its dataset' },
  dataset: { type: 'VARCHAR', comment: 'name of the dataset' },
  split: { type: 'VARCHAR', comment: 'split of the dataset' },
  task: { type: 'VARCHAR', comment: 'grounding, grounded-qa, choice or counting' },
  video: { type: 'VARCHAR', comment: 'identifier of the video' },
  file: { type: 'VARCHAR', comment: 'video file, relative to the folder of videos' },
  query: { type: 'VARCHAR', comment: 'query or question' },
  windows: { type: 'DOUBLE[][]', comment: 'annotated windows, seconds' },
  duration: { type: 'DOUBLE', comment: 'seconds, measured where the video was opened, else as annotated' },
  extra: { type: 'VARCHAR', comment: 'JSON of the other fields of the sample: options, answer, meta' },
  outcome: { type: 'VARCHAR', comment: 'kept, dropped, failed or absent' },
  reason: { type: 'VARCHAR', comment: 'why it was dropped, failed or is absent' },
  evidence: { type: 'VARCHAR', comment: 'JSON of all that the model was shown and said' },
} as const satisfies { readonly [column: string]: Column }

/** An agent of any settings and evidence. */
export type AnyAgent = Pick<Agent<ViewSettings, unknown, unknown>, 'name' | 'columns'>

/** The columns of an agent's part files and table, in order. */
export const columnsOf = (agent: AnyAgent): { readonly [column: string]: ColumnType } => ({
  ...Object.fromEntries(Object.entries(verdictColumns).map(([name, { type }]) => [name, type])),
  ...agent.columns,
})

/** `boundary_reflection` for `boundary-reflection`. */
export const tableOf = (agent: AnyAgent): string => agent.name.replaceAll('-', '_')

/** What curation decided of each sample. */
export const curatedColumns = {
  selection: { type: 'VARCHAR', comment: 'name of the curation, that of its folder' },
  key: { type: 'VARCHAR', comment: 'SHA-256 of the content of the sample' },
  sample: { type: 'VARCHAR', comment: 'identifier of the sample in its dataset' },
  dataset: { type: 'VARCHAR', comment: 'name of the dataset' },
  split: { type: 'VARCHAR', comment: 'split of the dataset' },
  video: { type: 'VARCHAR', comment: 'identifier of the video' },
  file: { type: 'VARCHAR', comment: 'video file, relative to the folder of videos' },
  query: { type: 'VARCHAR', comment: 'query' },
  annotated: { type: 'DOUBLE[][]', comment: 'windows as annotated, seconds' },
  windows: { type: 'DOUBLE[][]', comment: 'windows after curation, seconds' },
  duration: { type: 'DOUBLE', comment: 'seconds' },
  task: { type: 'VARCHAR', comment: 'grounding, grounded-qa, choice or counting' },
  extra: { type: 'VARCHAR', comment: 'JSON of the other fields of the sample: options, answer, meta' },
  decision: {
    type: 'VARCHAR',
    comment: 'keep, repair, downweight, drop or reject (an agent could not look)',
  },
  reason: { type: 'VARCHAR', comment: 'why it was not simply kept' },
  weight: { type: 'DOUBLE', comment: 'weight in training; 0 where dropped' },
  mean_iou: { type: 'DOUBLE', comment: 'mean IoU of the zero-shot rollouts' },
  difficulty: { type: 'DOUBLE', comment: '1 - mean IoU' },
  band: { type: 'VARCHAR', comment: 'easy, medium or hard' },
  partial_score: { type: 'DOUBLE', comment: 'score of incompleteness, 0 to 1' },
  selected: { type: 'BOOLEAN', comment: 'whether it is in the budget' },
} as const satisfies { readonly [column: string]: Column }

const create = (table: string, columns: { readonly [column: string]: ColumnType }): string =>
  `CREATE TABLE ${identifier(table)} (${Object.entries(columns)
    .map(([name, type]) => `${identifier(name)} ${type}`)
    .join(', ')});`

const comments = (table: string, columns: { readonly [column: string]: Column }): string =>
  Object.entries(columns)
    .map(
      ([name, { comment }]) =>
        `COMMENT ON COLUMN ${identifier(table)}.${identifier(name)} IS ${literal(comment)};`,
    )
    .join('\n')

/** Types of the columns of `curated`. */
export const curatedTypes: { readonly [column: string]: ColumnType } = Object.fromEntries(
  Object.entries(curatedColumns).map(([name, { type }]) => [name, type]),
)

/** Statements that lead from each version to the next; the first makes an empty database version 1. */
const migrations: ReadonlyArray<string> = [
  [
    ...Object.values(agents).flatMap((agent) => [
      create(tableOf(agent), columnsOf(agent)),
      comments(tableOf(agent), verdictColumns),
    ]),
    create('curated', curatedTypes),
    comments('curated', curatedColumns),
    'CREATE TABLE provenance (name VARCHAR, value VARCHAR);',
    `CREATE VIEW verdicts AS ${Object.values(agents)
      .map((agent) => `SELECT ${Object.keys(verdictColumns).join(', ')} FROM ${tableOf(agent)}`)
      .join(' UNION ALL ')};`,
    "COMMENT ON VIEW verdicts IS 'every verdict of every agent, without the columns of its own';",
  ].join('\n'),
]

/** Brings a database to `schemaVersion`. One made by a later Spanwise is refused. */
export const migrate = (database: Database, path: string): Effect.Effect<void, StoreError | InputError> =>
  Effect.gen(function* () {
    yield* database.run('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER)')
    const [row] = yield* database.rows('SELECT max(version) AS version FROM schema_version')
    const version = Number(row?.version ?? 0)
    if (version > schemaVersion)
      return yield* new InputError({
        subject: path,
        problem: `has schema version ${version}, this Spanwise knows ${schemaVersion}`,
        remedy: 'update Spanwise, or remove the file to build it anew from the part files',
      })
    for (let from = version; from < schemaVersion; from++)
      yield* database.run(
        `BEGIN; ${migrations[from]} INSERT INTO schema_version VALUES (${from + 1}); COMMIT;`,
      )
  })
