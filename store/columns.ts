import { type Agent, agents, type Column, type ColumnType, type LookSettings } from '../agents/index.ts'

export type Columns = { readonly [column: string]: Column }

/** An agent with any settings and evidence. */
export type AnyAgent = Pick<Agent<LookSettings, unknown, unknown>, 'name' | 'columns'>

/** Every agent, in the order of its command in the catalogue. */
export const allAgents: ReadonlyArray<AnyAgent> = Object.values(agents)

/** The columns of every verdict, of any agent. */
export const verdictColumns = {
  key: { type: 'VARCHAR', comment: 'SHA-256 of the content of the sample', text: 'digest' },
  settings: {
    type: 'VARCHAR',
    comment: 'hash of agent, prompt version, model and settings',
    text: 'repeats',
  },
  agent: { type: 'VARCHAR', comment: 'name of the agent', text: 'repeats' },
  sample: { type: 'VARCHAR', comment: 'identifier of the sample in its dataset' },
  dataset: { type: 'VARCHAR', comment: 'name of the dataset', text: 'repeats' },
  split: { type: 'VARCHAR', comment: 'split of the dataset', text: 'repeats' },
  task: { type: 'VARCHAR', comment: 'grounding, grounded-qa, choice or counting', text: 'repeats' },
  video: { type: 'VARCHAR', comment: 'identifier of the video' },
  file: { type: 'VARCHAR', comment: 'video file, relative to the folder of videos' },
  query: { type: 'VARCHAR', comment: 'query or question' },
  windows: { type: 'DOUBLE[][]', comment: 'annotated windows, seconds' },
  duration: { type: 'DOUBLE', comment: 'seconds, measured if the video was opened, else as annotated' },
  extra: { type: 'VARCHAR', comment: 'JSON of the other fields of the sample: options, answer, meta' },
  outcome: { type: 'VARCHAR', comment: 'kept, dropped, failed or absent', text: 'repeats' },
  reason: { type: 'VARCHAR', comment: 'why it was dropped, failed or is absent', text: 'repeats' },
  evidence: { type: 'VARCHAR', comment: 'JSON of input and replies of the model', bulky: true },
  usage: {
    type: 'VARCHAR',
    comment: 'JSON of its cost: requests, tokens, money; null if the backend does not report usage',
    bulky: true,
  },
} as const satisfies Columns

/** Where a verdict is located, which part files themselves need not say. */
export const placeColumns = {
  part: { type: 'VARCHAR', comment: 'part file, relative to the folder of the run', text: 'repeats' },
  part_row: { type: 'INTEGER', comment: 'row in the part file, from 0' },
} as const satisfies Columns

const slim = (columns: Columns): Columns =>
  Object.fromEntries(Object.entries(columns).filter(([, { bulky }]) => bulky !== true))

/** Columns with their types only, for writers. */
const typesOf = (columns: Columns): { readonly [column: string]: ColumnType } =>
  Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type]))

/** The columns of an agent's part files, in order. */
export const columnsOf = (agent: AnyAgent): { readonly [column: string]: ColumnType } =>
  typesOf({ ...verdictColumns, ...agent.columns })

/** The columns of an agent's table: those of its part files without the bulky ones, and the location. */
export const tableColumns = (agent: AnyAgent): Columns => ({
  ...slim({ ...verdictColumns, ...agent.columns }),
  ...placeColumns,
})

/** Columns common to the tables of all agents. */
export const sharedColumns: Columns = { ...slim(verdictColumns), ...placeColumns }

/** `boundary_reflection` for `boundary-reflection`. */
export const tableOf = (agent: AnyAgent): string => agent.name.replaceAll('-', '_')

/** The decision of curation about each sample. */
export const curatedColumns = {
  selection: {
    type: 'VARCHAR',
    comment: 'name of the curation: that of its folder in the run, the path of one elsewhere',
  },
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
    comment: 'keep, repair, downweight, drop or reject (an agent could not process it)',
  },
  reason: { type: 'VARCHAR', comment: 'why it was not kept unchanged' },
  weight: { type: 'DOUBLE', comment: 'weight in training; 0 where dropped' },
  mean_iou: { type: 'DOUBLE', comment: 'mean IoU of the zero-shot rollouts' },
  difficulty: { type: 'DOUBLE', comment: '1 - mean IoU' },
  band: { type: 'VARCHAR', comment: 'easy, medium or hard' },
  partial_score: { type: 'DOUBLE', comment: 'score of incompleteness, 0 to 1' },
  selected: { type: 'BOOLEAN', comment: 'whether it is in the budget' },
} as const satisfies Columns

/** Types of the columns of `curated`. */
export const curatedTypes = typesOf(curatedColumns)
