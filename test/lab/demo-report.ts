import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** What `spanwise demo --json` prints. */
export interface DemoReport {
  readonly judge: string
  readonly world: { readonly samples: number; readonly partial: number }
  readonly measured: ReadonlyArray<{
    readonly name: string
    readonly miou: number
    readonly parsed: number
  }>
  readonly curves: ReadonlyArray<{
    readonly steps: ReadonlyArray<{ readonly maskRatio: number }>
    readonly groups: ReadonlyArray<{ readonly groups: number; readonly constant: number }>
  }>
  readonly contest: {
    readonly miou: { readonly points: number; readonly interval: readonly [number, number] }
  }
  readonly phases: ReadonlyArray<{ readonly phase: string; readonly seconds: number }>
  readonly difficulty: { readonly histogram: ReadonlyArray<number> }
  readonly reflection: { readonly n: number; readonly alwaysFlag: number }
}

/**
 * The tests of a demo of 6 videos and 2 steps of 2 prompts, whoever ran it.
 *
 * @param ran its run folder and what it printed; called in the tests.
 */
export const testDemoReport = (ran: () => { readonly run: string; readonly report: DemoReport }): void => {
  it('looks at every annotation of the rendered videos', () => {
    const { report } = ran()
    expect(report.world.samples).toBe(12)
    expect(report.reflection.n).toBe(12)
    expect(report.reflection.alwaysFlag).toBe(report.world.partial)
    expect(report.difficulty.histogram.reduce((sum, count) => sum + count)).toBe(12)
  })

  it('asks the included judge for boundary reflection, and estimates difficulty for the included base', async () => {
    const { run, report } = ran()
    expect(report.judge).toBe('shapes-judge')
    const asked = async (agent: string) =>
      JSON.parse(await readFile(join(run, 'curation', agent, 'settings.json'), 'utf8')).model.model
    expect(await asked('boundary-reflection')).toBe('shapes-judge')
    expect(await asked('difficulty-estimation')).toBe('shapes-base')
  })

  it('measures the prior, the base and both trained models on the same queries', () => {
    const { report } = ran()
    expect(report.measured.map(({ name }) => name)).toEqual([
      'prior only (no video)',
      'base',
      'GRPO, curated',
      'GRPO, random selection',
    ])
    for (const { miou, parsed } of report.measured) {
      expect(miou).toBeGreaterThan(0)
      expect(miou).toBeLessThanOrEqual(100)
      expect(parsed).toBeGreaterThan(0.5)
    }
  })

  it('trains both with the defaults, which mask nothing, and counts the constant groups of each grade', () => {
    const { report } = ran()
    for (const { steps, groups } of report.curves) {
      expect(steps.map(({ maskRatio }) => maskRatio)).toEqual([0, 0])
      expect(groups.reduce((sum, one) => sum + one.groups, 0)).toBe(4)
      for (const one of groups) expect(one.constant).toBeLessThanOrEqual(one.groups)
    }
  })

  it('says in words whether the curated run is ahead of the control, and by more than chance', async () => {
    const { report } = ran()
    const html = await readFile(join(ran().run, 'report.html'), 'utf8')
    const { points, interval } = report.contest.miou
    const [curated, control] = report.measured.slice(2)
    expect(points).toBeCloseTo(curated!.miou - control!.miou)
    expect(interval[0]).toBeLessThanOrEqual(points)
    expect(html).toContain(
      `${Math.abs(points).toFixed(1)} points of mIoU ${points >= 0 ? 'ahead of' : 'behind'} the random control`,
    )
    expect(html).toContain('leave out a true window, of the random one')
  })

  it('leaves one self-contained page', async () => {
    const { report } = ran()
    const html = await readFile(join(ran().run, 'report.html'), 'utf8')
    expect(html).toContain('<svg')
    expect(html).not.toMatch(/(src|href)="https?:/)
    const plain = JSON.parse(await readFile(join(ran().run, 'report.json'), 'utf8'))
    expect(plain.measured).toEqual(report.measured)
  })
}
