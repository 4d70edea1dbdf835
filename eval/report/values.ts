import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../../core/index.ts'
import type { MetricColumn } from '../statistics/column.ts'
import type { Evaluation } from './report.ts'

/** The raw values of a run: the input of a comparison of two runs. */
export type Values = Pick<Evaluation, 'ids' | 'videos' | 'columns'>

const header = z.object({
  columns: z.array(
    z.object({ metric: z.string(), scale: z.number(), root: z.boolean(), masked: z.boolean() }),
  ),
})
const line = z.object({ id: z.string(), video: z.string(), values: z.array(z.number().nullable()) })

/** A header with the metrics, then one object a sample: `{"id", "video", "values"}`, null where it is not counted. */
export function* valueLines({ ids, videos, columns }: Values): Generator<string> {
  yield JSON.stringify({
    columns: columns.map(({ metric, scale, root, counted }) => ({
      metric,
      scale,
      root: root === true,
      masked: counted !== undefined,
    })),
  })
  for (const [i, id] of ids.entries()) {
    const values = columns.map(({ values: all, counted }) => (counted?.[i] === 0 ? null : all[i]!))
    yield JSON.stringify({ id, video: videos[i]!, values })
  }
}

/** Reads what {@link valueLines} wrote; fails by file and line on anything else. */
export const parseValues = Effect.fnUntraced(function* (file: string, content: string) {
  const refuse = (at: number, problem: string) =>
    new InputError({
      subject: `${file}:${at}`,
      problem,
      remedy: 'use the values.jsonl of an evaluation',
    })
  const rows = content.split('\n')
  const parse = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }
  const head = header.safeParse(parse(rows[0] ?? ''))
  if (!head.success) return yield* refuse(1, 'the line that names the metrics is missing')
  const ids: Array<string> = []
  const videos: Array<string> = []
  const lists: Array<ReadonlyArray<number | null>> = []
  for (let i = 1; i < rows.length; i++) {
    if (rows[i]!.trim() === '') continue
    const row = line.safeParse(parse(rows[i]!))
    if (!row.success || row.data.values.length !== head.data.columns.length)
      return yield* refuse(i + 1, 'the line has no values of a sample')
    ids.push(row.data.id)
    videos.push(row.data.video)
    lists.push(row.data.values)
  }
  const columns = head.data.columns.map(
    ({ metric, scale, root, masked }, c): MetricColumn => ({
      metric,
      scale,
      root,
      values: Float64Array.from(lists, (list) => list[c] ?? 0),
      ...(masked ? { counted: Uint8Array.from(lists, (list) => (list[c] === null ? 0 : 1)) } : {}),
    }),
  )
  const values: Values = { ids, videos, columns }
  return values
})

/**
 * The second run's values in the order of the first. Fails if the samples differ, because a paired
 * comparison needs the same samples.
 */
export const alignValues = (first: Values, second: Values): Effect.Effect<Values, InputError> => {
  const place = new Map(second.ids.map((id, i) => [id, i]))
  const order = first.ids.map((id) => place.get(id) ?? -1)
  const absent = order.indexOf(-1)
  if (absent >= 0 || second.ids.length !== first.ids.length)
    return Effect.fail(
      new InputError({
        subject: 'compare',
        problem:
          absent >= 0
            ? `sample ${first.ids[absent]} of the first run is not in the second`
            : `the second run has ${second.ids.length} samples, the first ${first.ids.length}`,
        remedy: 'compare two runs over the same suite, split and samples',
      }),
    )
  return Effect.succeed({
    ids: first.ids,
    videos: first.videos,
    columns: second.columns.map(({ values, counted, ...rest }) => ({
      ...rest,
      values: Float64Array.from(order, (i) => values[i]!),
      ...(counted === undefined ? {} : { counted: Uint8Array.from(order, (i) => counted[i]!) }),
    })),
  })
}
