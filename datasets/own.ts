import { Effect } from 'effect'
import { z } from 'zod'
import { type Task, tasks } from '../core/index.ts'
import { cleanQuery } from './clean.ts'
import { type Collector, define } from './collect.ts'
import { find } from './files.ts'
import { jsonRows } from './jsonl.ts'
import { identifier, pair } from './schemas.ts'
import { tableOf } from './table.ts'

/** One row of one's own data. Only `video` and `query` are needed. */
export const ownRow = z.object({
  id: identifier.optional(),
  task: z.enum(tasks).optional(),
  video: z.string().min(1),
  file: z.string().optional(),
  duration: z.number().nullable().optional(),
  query: z.string().min(1),
  windows: z.array(pair).nullable().optional(),
  options: z.array(z.string()).optional(),
  answer: identifier.optional(),
  meta: z.record(z.string(), z.json()).optional(),
})

type OwnRow = z.infer<typeof ownRow>

/** The task a row means, where it does not say. */
const taskOf = ({ task, options, windows, answer }: OwnRow): Task => {
  if (task !== undefined) return task
  if (options !== undefined) return windows == null ? 'choice' : 'grounded-qa'
  return answer !== undefined && windows == null ? 'counting' : 'grounding'
}

/** Adds a row of one's own data as a sample. */
export const addOwn = (path: string, line: number, row: OwnRow, into: Collector) => {
  const video = row.video.replace(/\.(mp4|mkv|webm|avi|mov)$/i, '')
  const task = taskOf(row)
  if ((task === 'choice' || task === 'grounded-qa') && (row.options?.length ?? 0) < 2) {
    into.problem(path, line, 'missing', `options: a row of task ${task} needs two or more`)
    return
  }
  into.sample(path, line, {
    id: row.id ?? `line-${line}`,
    task,
    video,
    file: row.file ?? (video === row.video ? `${video}.mp4` : row.video),
    duration: row.duration ?? null,
    query: cleanQuery(row.query, into.settings.cleaning),
    windows: row.windows ?? null,
    ...(row.options === undefined ? {} : { options: row.options }),
    ...(row.answer === undefined ? {} : { answer: row.answer }),
    ...(row.meta === undefined ? {} : { meta: row.meta }),
  })
}

/** `<split>.<ending>`; for the split `all`, or where the folder is itself a file, any file of that ending. */
export const candidates = (folder: string, split: string, ending: string): ReadonlyArray<string | RegExp> => {
  const any = new RegExp(`\\.${ending}$`)
  return split === 'all' || /\.(jsonl|csv|parquet)(\.gz)?$/.test(folder)
    ? [`all.${ending}`, any]
    : [`${split}.${ending}`]
}

export const ownSplits = ['train', 'valid', 'test', 'all']

/**
 * One's own data as JSON lines: `{"video": "a.mp4", "query": "...", "windows": [[1, 4.5]]}` and, as far as known, `id`,
 * `task`, `duration`, `options`, `answer`, `file`, `meta`.
 */
export const jsonl = define({
  name: 'jsonl',
  licence: null,
  homepage: 'your own data',
  files: ['<split>.jsonl'],
  splits: ownSplits,
  sizes: {},
  fill: (folder, split, into) =>
    Effect.gen(function* () {
      const source = yield* find(folder, candidates(folder, split, 'jsonl'), into.settings.form)
      for (const { line, row } of yield* jsonRows(source, ownRow, into)) addOwn(source.path, line, row, into)
      return [source]
    }),
})

/** A cell that holds JSON (windows, options) or nothing. */
export const jsonCell = (text: string | undefined): unknown => {
  if (text === undefined || text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const numberCell = (text: string | undefined): unknown =>
  text === undefined || text.trim() === '' ? undefined : Number.isNaN(Number(text)) ? text : Number(text)

/**
 * One's own data as CSV with a header: columns `video`, `query`, and `start` and `end` (one window) or `windows` (JSON);
 * further `id`, `task`, `duration`, `options` (JSON), `answer`, `file`. Other columns are kept in `meta`.
 */
export const csv = define({
  name: 'csv',
  licence: null,
  homepage: 'your own data',
  files: ['<split>.csv'],
  splits: ownSplits,
  sizes: {},
  fill: (folder, split, into) =>
    Effect.gen(function* () {
      const source = yield* find(folder, candidates(folder, split, 'csv'), into.settings.form)
      const table = yield* tableOf(source, ['video', 'query'])
      for (const { line, cell, names } of table) {
        const text = (name: string) => (cell(name)?.trim() ? cell(name) : undefined)
        const start = numberCell(cell('start'))
        const end = numberCell(cell('end'))
        const other = names.filter((name) => !(name in ownRow.shape) && name !== 'start' && name !== 'end')
        const value = {
          ...Object.fromEntries(
            ['id', 'task', 'file', 'answer']
              .map((name) => [name, text(name)])
              .filter(([, one]) => one !== undefined),
          ),
          video: cell('video'),
          query: cell('query'),
          duration: numberCell(cell('duration')),
          windows:
            jsonCell(cell('windows')) ??
            (start === undefined && end === undefined ? undefined : [[start, end]]),
          options: jsonCell(cell('options')),
          ...(other.length === 0
            ? {}
            : { meta: Object.fromEntries(other.map((name) => [name, cell(name) ?? ''])) }),
        }
        const row = into.row(source.path, line, ownRow, value)
        if (row !== null) addOwn(source.path, line, row, into)
      }
      return [source]
    }),
})
