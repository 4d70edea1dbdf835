import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { mergeFolds } from '../../pipelines/folds/merge.ts'
import { metricsText } from '../../pipelines/folds/prometheus.ts'
import { serveMetrics } from '../../pipelines/folds/serve.ts'
import { runStatus } from '../../pipelines/folds/status.ts'
import { foldsScene } from '../support/folds-scene.ts'

const summary = (ran: { readonly out: string }) => JSON.parse(ran.out)

// These start several processes each, because whole processes are what folds are made of.
describe('folds from the command line', () => {
  it('cut and started otherwise each time, and interrupted, they lose nothing and ask nothing twice', async () => {
    let open = false
    const script = ({ number }: { readonly number: number }) => ({
      kind: open || number < 16 ? ('answer' as const) : ('hang' as const),
    })
    await using scene = await foldsScene('folds-cuts', 24, { script }, 2)
    const run = join(scene.root, 'run')
    // The second of two folds by its own command, as an executor would start it.
    const words = scene.agent(12).slice(2)
    const alone = await scene.spanwise('dea', ...words, '--fold', '1', '--no-merge')
    expect(summary(alone)).toMatchObject({ planned: 12, done: 12 })
    expect(scene.server.requests()).toBe(12)
    // Nobody said what the other folds are until the plan is recorded.
    expect((await Effect.runPromise(Effect.flip(runStatus(run)))).message).toContain(
      'no folds were planned here',
    )
    const plan = await scene.spanwise('folds', 'plan', ...scene.agent(12), '--record')
    expect(summary(plan).folds).toMatchObject([{ finished: false }, { finished: true }])
    expect((await Effect.runPromise(runStatus(run)))[0]!.folds.map(({ done }) => done)).toEqual([0, 12])
    // Another cut, two workers, interrupted in the middle.
    const second = scene.start('folds', 'run', ...scene.agent(8), '--workers', '2')
    while (scene.server.requests() < 18) await sleep(5)
    // Meanwhile a fold by hand and another driver are told who holds what.
    const [fold, driver] = await Promise.all([
      scene.spanwise('dea', ...scene.agent(8).slice(2), '--fold', '0', '--no-merge'),
      scene.spanwise('folds', 'run', ...scene.agent(8)),
    ])
    for (const { code, err } of [fold!, driver!]) {
      expect(code).toBe(2)
      expect(err).toMatch(/is held by process \d+ on \S+; wait for it or stop it\n$/)
    }
    process.kill(second.pid, 'SIGINT')
    expect((await second.ended).code).toBe(130)
    const lacking = await Effect.runPromise(Effect.flip(mergeFolds(run)))
    expect(lacking._tag).toBe('IncompleteError')
    expect(lacking.message).toMatch(
      /^dea in .*: \d+ of 24 planned samples have no verdict yet, the first is line-\d+ in fold \d; finish them with "spanwise folds run"$/,
    )
    expect(existsSync(join(run, 'curation.duckdb'))).toBe(false)
    // A third cut, one worker, to the end.
    open = true
    const third = await scene.spanwise('folds', 'run', ...scene.agent(12))
    expect([third.code, third.err.includes('warning')]).toEqual([0, false])
    expect(summary(third)).toMatchObject({
      ...{ folds: 2, before: 1, finished: 2, planned: 24, done: 24, failed: 0 },
    })
    // Asked again at most what was with the server at the interruption.
    expect(scene.server.requests()).toBeLessThanOrEqual(24 + 4)
    expect(await Effect.runPromise(mergeFolds(run))).toMatchObject([
      { agent: 'dea', planned: 24, found: 24, twice: 0, others: 0 },
    ])
    expect(existsSync(join(run, 'curation.duckdb'))).toBe(true)
  })

  it('with samples that are absent are shown with their kind, and looked at again by retry', async () => {
    await using scene = await foldsScene('folds-absent', 4)
    const video = join(scene.root, 'videos', 'good.mp4')
    const bytes = readFileSync(video)
    unlinkSync(video)
    const absent = await scene.spanwise('folds', 'run', ...scene.agent(4))
    expect([absent.code, summary(absent)]).toMatchObject([3, { finished: 1, absent: 4 }])
    const status = runStatus(join(scene.root, 'run'))
    const text = await Effect.gen(function* () {
      expect((yield* status)[0]!.folds).toMatchObject([
        { state: 'done', absent: 4, failures: { missing: 4 } },
      ])
      const url = yield* serveMetrics(0, Effect.map(status, metricsText))
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
      return yield* Effect.promise(async () => (await fetch(url)).text())
    }).pipe(Effect.scoped, Effect.runPromise)
    expect(text).toContain('spanwise_fold_failures{agent="dea",fold="0",kind="missing"} 4\n')
    writeFileSync(video, bytes)
    const retried = await scene.spanwise('folds', 'retry', ...scene.agent(4))
    expect([retried.code, summary(retried)]).toMatchObject([0, { finished: 1, kept: 4, absent: 0 }])
  })
})
