import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Sample, Window } from '../../core/index.ts'
import { hideEvidence } from '../../lab/demo/grounded-qa.ts'
import { spanwiseHere } from '../cli/command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'spanwise-gqa-demo-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('spanwise demo --task gqa, at a small size', () => {
  it('judges every question, trains, and measures the floor, the base and the trained model alike', async () => {
    const { code, out, err } = await spanwiseHere(
      folder,
      ...['demo', '--task', 'gqa', '--run', 'demo', '--json', '--videos', '6', '--validation-videos', '3'],
      ...['--steps', '2', '--prompts', '2', '--selected', '4'],
    )
    expect(code, err).toBe(0)
    expect(err).not.toContain('warning: shapes-base')
    const report = JSON.parse(out)
    expect(report.reflection.n).toBe(report.world.questions)
    expect(report.measured.map(({ name }: { name: string }) => name)).toEqual([
      'prior windows, first option',
      'base',
      'GRPO on grounded questions',
    ])
    for (const { both, answered, grounded } of report.measured) {
      expect(both).toBeLessThanOrEqual(answered)
      expect(grounded).toBeGreaterThan(0)
    }
    for (const { rewards } of report.steps) expect(Object.keys(rewards)).toEqual(['answer', 'glue_iou'])
    const html = readFileSync(join(folder, 'demo', 'report.html'), 'utf8')
    expect(html).toContain('Hard to answer, hard to ground, or both')
    expect(html).not.toMatch(/(src|href)="https?:/)
    const { judged } = JSON.parse(readFileSync(join(folder, 'demo', 'report.json'), 'utf8'))
    expect(judged).toHaveLength(report.world.questions)
  }, 170_000)

  it('hides one moment of half of the questions that have several, and nothing of the others', () => {
    const question = (id: number, windows: ReadonlyArray<Window>): Sample => ({
      ...{ id: String(id), dataset: 'd', split: 's', task: 'grounded-qa', video: 'v', file: 'v.mp4' },
      ...{ duration: 20, query: 'q', windows, options: ['a', 'b'], answer: 'A' },
    })
    const samples = Array.from({ length: 12 }, (_, i) =>
      question(
        i,
        i % 3 === 0
          ? [[0, 1]]
          : [
              [0, 1],
              [4, 5],
              [8, 9],
            ],
      ),
    )
    const { samples: shown, hidden } = hideEvidence(samples, 3)
    expect(hidden.size).toBe(4)
    for (const [index, sample] of shown.entries()) {
      const before = samples[index]!.windows!
      if (!hidden.has(sample.id)) expect(sample).toBe(samples[index])
      else expect(sample.windows).toHaveLength(before.length - 1)
    }
  })
})
