import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { readRows } from '../../files/index.ts'
import type { Metrics } from '../api/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import type { Question } from '../server/question.ts'
import { absent } from '../server/refusal.ts'
import { runOf, type Studio } from '../studio.ts'
import { numberOf } from '../table/ask.ts'

const stepSchema = z.looseObject({ step: z.int() })

/** Numbers of a row by name, nested ones as `outer.inner`; null stays, anything else is left out. */
export const flat = (row: object, prefix = ''): ReadonlyArray<readonly [string, number | null]> =>
  Object.entries(row).flatMap(([name, value]): ReadonlyArray<readonly [string, number | null]> => {
    if (prefix === '' && name === 'step') return []
    if (value === null || typeof value === 'number') return [[`${prefix}${name}`, value]]
    return typeof value === 'object' && !Array.isArray(value) ? flat(value, `${prefix}${name}.`) : []
  })

/** Rows as columns. A step that was done again, as after a kill, counts as it was last. */
const columnsOf = (rows: ReadonlyArray<z.output<typeof stepSchema>>) => {
  const last = new Map(rows.map((row) => [row.step, row]))
  const steps = [...last.keys()].toSorted((a, b) => a - b)
  const maps = steps.map((step) => new Map(flat(last.get(step)!)))
  const names = [...new Set(maps.flatMap((map) => [...map.keys()]))]
  return {
    names,
    steps,
    values: Object.fromEntries(names.map((name) => [name, maps.map((map) => map.get(name) ?? null)])),
  }
}

const manifest = z.object({
  kind: z.string(),
  settings: z.looseObject({ options: z.looseObject({ steps: z.number().nullable().optional() }).optional() }),
  provenance: z.looseObject({ data: z.string().optional() }).optional(),
})

/** The record of a training. */
export const recordOf = (run: FoundRun): z.output<typeof manifest> | null => {
  try {
    return manifest.safeParse(JSON.parse(readFileSync(join(run.path, 'run.json'), 'utf8'))).data ?? null
  } catch {
    return null
  }
}

/** A training run that a request names. */
export const askedTraining = Effect.fnUntraced(function* (studio: Studio, { params }: Question) {
  const run = yield* runOf(studio, params.run ?? '')
  return run.kind === 'training' ? run : yield* absent('training run of that name')
})

/** `GET /api/runs/:run/metrics`. */
export const metrics = Effect.fn('Studio.metrics')(function* (studio: Studio, question: Question) {
  const run = yield* askedTraining(studio, question)
  const after = yield* numberOf(question.query, 'after', -1, [-1, 1e12])
  const rows = yield* readRows(join(run.path, 'metrics.jsonl'), stepSchema)
  const record = recordOf(run)
  return {
    kind: record?.kind ?? 'training',
    planned: record?.settings.options?.steps ?? null,
    ...columnsOf(rows.filter(({ step }) => step > after)),
    validation: columnsOf(yield* readRows(join(run.path, 'validation.jsonl'), stepSchema)),
  } satisfies Metrics
})
