import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { foldsScene } from '../../support/folds-scene.ts'
import { findRay } from '../../support/ray-cluster.ts'
import { rayDeath } from '../../support/ray-death.ts'
import { lacksSlurm, startSlurm } from '../../support/slurm-cluster.ts'

/** Clusters take a minute to start and to die, so they are asked for: `SPANWISE_TEST_CLUSTERS=1 pnpm vitest run ...`. */
const asked = process.env.SPANWISE_TEST_CLUSTERS === '1'
const why = (lacking: string | null): string =>
  !asked
    ? ' (skipped: set SPANWISE_TEST_CLUSTERS=1)'
    : lacking === null
      ? ''
      : ` (skipped: no ${lacking} here)`

const ray = findRay()
const noRay = ray === null ? 'ray' : null
const noSlurm = lacksSlurm()

describe('the real thing', () => {
  it.skipIf(!asked || noRay !== null)(
    `Ray: eight folds on three nodes, a node dies, nothing is lost or double${why(noRay)}`,
    async () => {
      const { samples, requests, requestsWhenKilled, askedMost, ran, merged } = await rayDeath(ray!, 20)
      expect(ran.code, ran.err).toBe(0)
      expect(requestsWhenKilled).toBeLessThan(samples)
      const summary = JSON.parse(ran.out)
      expect(summary).toMatchObject({ folds: 8, finished: 8, planned: samples, done: samples, failed: 0 })
      expect(summary.again).toBeGreaterThanOrEqual(1)
      // Only what was with the server when its node died was asked again: two requests for one fold.
      expect(requests).toBeLessThanOrEqual(samples + 2)
      expect(askedMost).toBeLessThanOrEqual(2)
      expect(JSON.parse(merged.out).agents).toMatchObject([
        { planned: samples, found: samples, repeated: 0, twice: 0, others: 0 },
      ])
    },
    240_000,
  )

  it.skipIf(!asked || noSlurm !== null)(
    `SLURM: an array of folds, one of them killed, nothing is lost or double${why(noSlurm)}`,
    async () => {
      await using cluster = await startSlurm()
      await using scene = await foldsScene('slurm', 60, { latency: 100 }, 2, cluster.env)
      const run = scene.start(
        ...['folds', 'run', ...scene.agent(10), '--executor', 'slurm', '--workers', '2'],
        ...['--cpus', '1', '--memory', '500MB', '--option', 'time=10'],
      )
      const running = async () => {
        const { out } = await scene.spanwise('folds', 'status', '--run', 'run', '--json')
        const folds = out === '' ? [] : JSON.parse(out).agents[0].folds
        return folds.find((fold: { holder: { pid: number } | null; done: number }) => fold.holder !== null)
          ?.holder
      }
      let over = false
      void run.ended.then(() => {
        over = true
      })
      let victim: { pid: number } | undefined
      while (!over && victim === undefined) {
        await sleep(100)
        victim = await running()
      }
      if (victim !== undefined) process.kill(victim.pid, 'SIGKILL')
      const ran = await run.ended
      expect(ran.code, ran.err).toBe(0)
      expect(JSON.parse(ran.out)).toMatchObject({ folds: 6, finished: 6, done: 60, failed: 0, again: 1 })
      expect(scene.server.requests()).toBeLessThanOrEqual(62)
      const merged = await scene.spanwise('folds', 'merge', '--run', 'run', '--json')
      expect(JSON.parse(merged.out).agents).toMatchObject([{ planned: 60, found: 60, repeated: 0, twice: 0 }])
    },
    240_000,
  )
})
