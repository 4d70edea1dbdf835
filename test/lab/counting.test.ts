import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demos } from '../../lab/demo/catalogue.ts'
import type { CountReport } from '../../lab/demo/counting-report.ts'
import { Videos } from '../../video/index.ts'

describe('spanwise demo --task counting, at a small size', () => {
  let folder = ''
  let report: CountReport

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spanwise-demo-counting-'))
    const checkpoint = join(import.meta.dirname, '..', '..', 'checkpoints', 'shapes-base')
    const outcome = await Effect.runPromise(
      demos.counting
        .run({
          ...{ folder, seed: 1, videos: 12, validationVideos: 6, selected: 12 },
          ...{ steps: 2, prompts: 4, sftSteps: 2, learningRate: 5e-5 },
          engine: { device: 'cpu', threads: 1, checkpoint },
          judge: checkpoint,
        })
        .pipe(Effect.provide(Videos.layer({ workers: 1 }))),
    )
    report = outcome.report as CountReport
  }, 170_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('keeps the thoughts that agree, and says why it dropped the others', () => {
    const { tries, records, dropped } = report.records
    expect(tries).toBe(48)
    expect(records).toBeGreaterThan(9)
    expect(Object.values(dropped).reduce((sum, count) => sum + count, records)).toBe(tries)
  })

  it('draws every stratum of counts equally often, whatever the training videos show', () => {
    const shares = (of: ReadonlyArray<number>, from: number, to: number) =>
      of.slice(from - 1, to).reduce((sum, share) => sum + share, 0)
    const { drawn, training } = report.counts
    const strata = [
      [1, 2],
      [3, 5],
      [6, 8],
      [9, 12],
    ] as const
    // A clip with enough repetitions is in the stratum, or can be cut for it.
    const open = strata.filter(([from]) => shares(training, from, 12) > 0)
    expect(open.length).toBeGreaterThan(1)
    for (const [from, to] of open)
      expect(Math.abs(8 * shares(drawn, from, to) - 8 / open.length)).toBeLessThan(1)
  })

  it('measures the floor and every model, and leaves one page with counts and time lines', async () => {
    expect(report.measured.map(({ name }) => name)).toEqual([
      'majority count (no video)',
      'base',
      'base, with thoughts',
      'SFT on counts',
      'SFT on thoughts',
      'SFT on thoughts, then GRPO drawn by count',
    ])
    for (const { obo, parsed } of report.measured.slice(1)) {
      expect(obo).toBeGreaterThan(0)
      expect(parsed).toBeGreaterThan(0.5)
    }
    expect(report.curve).toHaveLength(2)
    const html = await readFile(join(folder, 'report.html'), 'utf8')
    for (const part of ['Counts of the validation videos', 'Length of thought', 'dropped: '])
      expect(html).toContain(part)
    expect(html).not.toMatch(/(src|href)="https?:/)
  })
})
