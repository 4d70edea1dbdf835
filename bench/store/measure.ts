/** One measurement of `run.ts`, in a process of its own. Arguments: folder of the run; `merge`, `pages` or `parts`. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Stream } from 'effect'
import { partsOf, runMerge } from '../../pipelines/merge.ts'
import { openAnswers, partFacts } from '../../store/index.ts'

export interface Measured {
  readonly name: string
  readonly seconds: number
  readonly note: string
  /** Most memory of the process until then. */
  readonly megabytes: number
}

const columns = 'sample, dataset, video, query, windows, outcome'
const pages: { readonly [name: string]: string } = {
  'hard samples of a dataset, hardest first': `
    SELECT ${columns}, difficulty, band FROM difficulty_estimation
    WHERE dataset = 'charades' AND band = 'hard' ORDER BY difficulty DESC, key LIMIT 50 OFFSET 200`,
  'partial annotations by score': `
    SELECT ${columns}, score, proposals FROM boundary_reflection
    WHERE verdict = 'partial' AND score > 0.5 ORDER BY score DESC, key LIMIT 50`,
  'failures of both agents by reason and video': `
    SELECT agent, sample, video, reason FROM failures WHERE dataset = 'anet' ORDER BY reason, video, key LIMIT 50`,
  'all columns of one video, by duration': `
    FROM verdicts WHERE video = 'v1000' ORDER BY duration, agent LIMIT 50`,
  'figures by agent and outcome': 'FROM summary',
}

const run = process.argv[2]!
const measured: Array<Measured> = []
const note = (name: string, seconds: number, about: string) =>
  measured.push({ name, seconds, note: about, megabytes: process.resourceUsage().maxRSS / 1024 })

const timed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const started = performance.now()
    const value = yield* work
    return [(performance.now() - started) / 1000, value] as const
  })

const open = Effect.gen(function* () {
  const verdicts = yield* partsOf(run)
  const facts = yield* partFacts(run, verdicts)
  return yield* openAnswers({ run, verdicts, facts, decisions: [] })
})

const rowsOf = Effect.fnUntraced(function* (select: Effect.Success<typeof open>['select'], sql: string) {
  const { rows } = yield* select(sql)
  return (yield* Stream.runCollect(rows)).flat().length
})

const middle = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1]!

const work = {
  merge: Effect.gen(function* () {
    const before = process.cpuUsage()
    const [seconds] = yield* timed(runMerge(run))
    const { user, system } = process.cpuUsage(before)
    const size = statSync(join(run, 'curation.duckdb')).size / 1e9
    const parts = (yield* partsOf(run)).reduce((sum, one) => sum + one.parts.length, 0)
    note(
      'merge',
      seconds,
      `${parts} part files, ${size.toFixed(2)} GB, ${((user + system) / 1e6).toFixed(0)} s of processor`,
    )
  }),
  pages: Effect.gen(function* () {
    const [opening, answers] = yield* timed(open)
    note('opening the run', opening, 'comparing every part file with what was merged')
    if (answers.source !== 'curation.duckdb') return yield* Effect.die(answers.because)
    for (const [name, sql] of Object.entries(pages)) {
      const runs: Array<number> = []
      let rows = 0
      for (let time = 0; time < 5; time++) {
        const [seconds, count] = yield* timed(rowsOf(answers.select, sql))
        runs.push(seconds)
        rows = count
      }
      note(name, middle(runs), `${rows} rows, median of 5, first ${runs[0]!.toFixed(3)} s`)
    }
  }),
  parts: Effect.gen(function* () {
    const [opening, answers] = yield* timed(open)
    note('opening the run', opening, 'looking for superseded verdicts')
    for (const [name, sql] of Object.entries(pages).slice(0, 1)) {
      const [seconds, rows] = yield* timed(rowsOf(answers.select, sql))
      note(name, seconds, `${rows} rows`)
    }
  }),
}

await Effect.runPromise(Effect.scoped(work[process.argv[3] as keyof typeof work]))
console.log(JSON.stringify(measured))
