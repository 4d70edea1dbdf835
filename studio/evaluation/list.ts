import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { suites } from '../../eval/index.ts'
import type { Evaluations } from '../api/index.ts'
import { stateOf } from '../discovery/changes.ts'
import type { FoundRun } from '../discovery/find.ts'
import type { Studio } from '../studio.ts'

const report = z.looseObject({
  suite: z.string(),
  rule: z.string(),
  name: z.string(),
  n: z.number(),
  parseRate: z.number().nullable(),
  intervals: z.record(z.string(), z.tuple([z.number().nullable(), z.number().nullable()])),
  baselines: z.record(z.string(), z.record(z.string(), z.unknown())),
})

/** Fields of a report that are counts, not metrics. */
const counts = new Set(['n', 'videos', 'unparsed', 'missing', 'parseRate'])

const fileOf = (run: FoundRun): string => join(run.path, 'report.json')

/** The report of an evaluation; null before it is written, and where it cannot be read. */
const reportOf = (run: FoundRun): z.output<typeof report> | null => {
  try {
    return report.safeParse(JSON.parse(readFileSync(fileOf(run), 'utf8'))).data ?? null
  } catch {
    return null
  }
}

const numberOr = (value: unknown): number | null => (typeof value === 'number' ? value : null)

/** The name of an evaluation for people: the model's where the report has one. */
export const titleOf = (run: FoundRun): string => {
  const read = reportOf(run)
  return read === null ? run.name : `${read.name} (${run.name.split('/').at(-1)})`
}

const describe = (run: FoundRun, read: z.output<typeof report>): Evaluations['evaluations'][number] => {
  const headline = suites[read.suite]?.headline ?? []
  const names = Object.entries(read).flatMap(([name, value]) =>
    typeof value === 'number' && !counts.has(name) ? [name] : [],
  )
  const first = headline.filter((name) => names.includes(name))
  const floors = Object.values(read.baselines)
  return {
    ...{ run: run.id, name: titleOf(run), suite: read.suite, rule: read.rule, samples: read.n },
    parsed: read.parseRate ?? 0,
    metrics: [...first, ...names.filter((name) => !first.includes(name))].map((name) => {
      const [low, high] = read.intervals[name] ?? [null, null]
      return {
        name,
        value: numberOr(read[name]),
        interval: low === null || high === null ? null : ([low, high] as const),
        floor: numberOr(floors[0]?.[name]),
      }
    }),
  }
}

/** `GET /api/evaluations`. */
export const evaluations = (studio: Studio): Effect.Effect<Evaluations> =>
  Effect.sync(() => {
    const found = [...studio.runs().values()]
      .filter((run) => run.kind === 'evaluation' && existsSync(fileOf(run)))
      .toSorted((a, b) => stateOf(b).modified - stateOf(a).modified)
      .map((run) => ({ run, read: reportOf(run) }))
    return {
      evaluations: found.flatMap(({ run, read }) => (read === null ? [] : [describe(run, read)])),
      damaged: found.flatMap(({ run, read }) => (read === null ? [run.name] : [])),
    }
  })
