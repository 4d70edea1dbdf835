import { describe, expect, it } from 'vitest'
import { explain } from '../../lab/demo/explain.ts'
import type { DemoReport } from '../../lab/demo/facts.ts'

const report = (points: number, interval: readonly [number, number]): DemoReport => {
  const measured = (name: string, miou: number) => ({
    ...{ name, miou, setIou: 50, interval: null, recall: 0, parsed: 1, byGrade: {} },
  })
  return {
    ...{
      version: '0',
      created: '',
      seed: 1,
      machine: '',
      judge: '',
      curation: { decisions: {}, selected: 4 },
    },
    world: { videos: 6, samples: 12, partial: 0.4, validation: 4 },
    reflection: {} as DemoReport['reflection'],
    difficulty: {} as DemoReport['difficulty'],
    measured: [measured('base', 50), measured('GRPO, curated', 60)],
    curves: [],
    contest: {
      ...{ miou: { points, interval }, setIou: { points, interval } },
      ...{ partial: { curated: 0.25, random: 0.4 }, seconds: { curation: 30, training: 60 } },
    },
    ...{ phases: [], cases: [] },
  }
}

describe('the demo in words', () => {
  it('says so when the control is ahead, and whether that is more than chance', () => {
    const [behind] = explain(report(-1.4, [-3, 0.2]))
    expect(behind).toContain('1.4 points of mIoU behind the random control')
    expect(behind).toContain('no more than chance')
    const [sure] = explain(report(-2.5, [-4, -1]))
    expect(sure).toContain('behind the random control (95 % interval -4.0 to -1.0, more than chance')
    const [ahead, selection, cost] = explain(report(2, [-1, 5]))
    expect(ahead).toContain('2.0 points of mIoU ahead of the random control')
    expect(selection).toContain('25 %')
    expect(cost).toContain('0.5 trainings')
  })
})
