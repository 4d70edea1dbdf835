import { z } from 'zod'
import {
  hasImageSuffix,
  hasVideoSuffix,
  sampleSchema,
  type Task,
  withoutVideoSuffix,
} from '../../core/index.ts'
import { taskSpecs } from '../../tasks/index.ts'
import { cleanQuery } from '../clean.ts'
import type { Collector } from '../collect.ts'
import { meantField, ownFields, passedOver } from './fields.ts'

/** A row of own data: a sample of which only `video` and `query` are required. */
const rowSchema = sampleSchema
  .partial()
  .required({ video: true, query: true })
  .extend({ start: z.number().optional(), end: z.number().optional() })
  .refine(({ start, end }) => (start === undefined) === (end === undefined), {
    error: ({ input }) =>
      (input as { readonly start?: number }).start === undefined
        ? 'end is given without start'
        : 'start is given without end',
  })
  .refine(({ windows, start }) => windows == null || start === undefined, 'windows and start are both given')

type OwnRow = z.output<typeof rowSchema>

/** Fields that hold seconds, said where another unit may be meant. */
const seconds: ReadonlySet<string> = new Set(['start', 'end'])

/** Why a `video` names no file; null for one that may. */
const noFile = (video: string): string | null => {
  if (/[\\/]$/.test(video)) return `${JSON.stringify(video)} is a folder; name a file`
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(video)
    ? `${JSON.stringify(video)} is an address; fetch the video and name its file`
    : null
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The task of a row that does not state it. */
const taskOf = ({ task, options, windows, start, answer }: OwnRow): Task => {
  if (task !== undefined) return task
  const grounded = windows != null || start !== undefined
  if (options !== undefined) return grounded ? 'grounded-qa' : 'choice'
  return answer !== undefined && !grounded ? 'counting' : 'grounding'
}

/**
 * Adds a row of own data, in any format, as a sample. Fields that are null count as absent. An unknown field is kept in
 * `meta` and reported once; one that was likely meant for a field makes the row a problem, because the sample would be
 * incomplete.
 */
export const addOwnRow = (path: string, line: number, value: unknown, into: Collector): void => {
  if (!isObject(value)) {
    into.row(path, line, rowSchema, value)
    return
  }
  const fields = Object.entries(value).filter(([, field]) => field !== null)
  const known = Object.fromEntries(fields.filter(([name]) => ownFields.includes(name)))
  const others = fields.filter(([name]) => !ownFields.includes(name) && !passedOver.has(name))
  const present = new Set(Object.keys(known))
  for (const [name, field] of others) {
    const meant = meantField(name, field, present)
    if (meant === null) continue
    into.count()
    into.problem(
      path,
      line,
      'unknown-field',
      `unknown field ${JSON.stringify(name)}: did you mean ${meant}?${seconds.has(meant) ? ' (in seconds)' : ''}`,
    )
    return
  }
  const meta = others.length === 0 ? known : { ...known, meta: metaOf(known.meta, others) }
  const row = into.row(path, line, rowSchema, meta)
  if (row === null) return
  for (const [name] of others) into.notice(path, line, `field ${name} is kept in meta`)
  const wrong = noFile(row.file ?? row.video)
  if (wrong !== null) {
    into.problem(path, line, 'malformed', `${row.file === undefined ? 'video' : 'file'}: ${wrong}`)
    return
  }
  const task = taskOf(row)
  if (taskSpecs.get(task)?.answers === 'letter' && row.options === undefined) {
    into.problem(path, line, 'missing', `options: a sample of task ${task} needs two or more`)
    return
  }
  const { start, end, id, video, file, duration, windows, query, options, answer, meta: more } = row
  into.sample(path, line, {
    id: id ?? `line-${line}`,
    task,
    video: withoutVideoSuffix(video),
    file: file ?? (hasVideoSuffix(video) || hasImageSuffix(video) ? video : `${video}.mp4`),
    duration: duration ?? null,
    query: cleanQuery(query, into.settings.cleaning),
    windows: windows ?? (start === undefined || end === undefined ? null : [[start, end]]),
    ...(options === undefined ? {} : { options }),
    ...(answer === undefined ? {} : { answer }),
    ...(more === undefined ? {} : { meta: more }),
  })
}

/** `meta` extended by the unknown fields; a value that is not a map is left for the schema to refuse. */
const metaOf = (meta: unknown, others: ReadonlyArray<readonly [string, unknown]>): unknown =>
  meta === undefined || isObject(meta) ? { ...Object.fromEntries(others), ...(meta as object) } : meta
