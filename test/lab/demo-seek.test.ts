import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

describe('spanwise demo --task seek, at a small size, through the command line', () => {
  let folder = ''
  let report: {
    readonly measured: ReadonlyArray<{
      readonly name: string
      readonly accuracy: number
      readonly rounds: number | null
      readonly frames: number | null
      readonly tokens: number | null
    }>
    readonly curve: ReadonlyArray<{ readonly step: number; readonly frames: number }>
    readonly endings: { readonly [ending: string]: number }
    readonly cases: ReadonlyArray<{
      readonly evidence: ReadonlyArray<readonly [number, number]>
      readonly rounds: ReadonlyArray<{ readonly shown: ReadonlyArray<number> }>
    }>
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spanwise-demo-seek-'))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        join(root, 'bin', 'spanwise.js'),
        ...['demo', '--task', 'seek', '--run', join(folder, 'demo'), '--json'],
        ...['--videos', '3', '--validation-videos', '3', '--steps', '2', '--prompts', '2', '--selected', '2'],
      ],
      { cwd: folder, maxBuffer: 1 << 24 },
    )
    report = JSON.parse(stdout)
  }, 120_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('measures the floors, one look, the whole clip and seeking, before and after training', () => {
    expect(report.measured.map(({ name }) => name)).toEqual([
      'first option (no video)',
      'most frequent option (no video)',
      'base, one round of 5',
      'base, whole clip',
      'base, seeking',
      'trained, one round of 5',
      'trained, seeking',
    ])
    for (const { name, rounds, frames, tokens } of report.measured) {
      expect(rounds === null).toBe(!/round of|seeking/.test(name))
      if (rounds === null || frames === null) continue
      expect(rounds).toBeGreaterThanOrEqual(1)
      expect(frames).toBeLessThanOrEqual(5 * rounds)
      expect(tokens).toBeGreaterThan(50)
    }
    expect(report.curve.map(({ step }) => step)).toEqual([0, 1])
  })

  it('shows the rounds of the longest conversations as frames picked on the time line', async () => {
    expect(Object.values(report.endings).reduce((sum, count) => sum + count)).toBe(3)
    expect(report.cases).toHaveLength(3)
    const [first] = report.cases
    expect(first!.evidence).toHaveLength(1)
    const html = await readFile(join(folder, 'demo', 'report.html'), 'utf8')
    expect(html).toContain('Frames picked on the time line')
    const marks = html.match(/<rect class="f1" x="/g) ?? []
    const picked = report.cases.flatMap(({ rounds }) => rounds.flatMap(({ shown }) => shown))
    expect(marks).toHaveLength(picked.length)
    expect(html.match(/<rect class="f3"/g)).toHaveLength(3)
  })
})
