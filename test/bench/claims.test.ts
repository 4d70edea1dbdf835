import { describe, expect, it } from 'vitest'
import { choose } from '../../bench/claims/data.ts'
import type { PoolRow } from '../../bench/claims/rows.ts'
import { holm, paired, studentP, studentQuantile } from '../../bench/claims/statistics.ts'
import type { Sample } from '../../core/index.ts'

describe('the statistics of the claims', () => {
  it('agree with the tables of Student and the example of Holm', () => {
    for (const [degrees, t] of [
      [1, 12.706],
      [2, 4.303],
      [4, 2.776],
      [30, 2.042],
    ] as const) {
      expect(studentP(t, degrees)).toBeCloseTo(0.05, 3)
      expect(studentQuantile(degrees)).toBeCloseTo(t, 2)
    }
    // Holm 1979, with four tests: 0.01 x 4, 0.02 x 3, 0.03 x 2 (raised to what precedes it), 0.04.
    expect(holm([0.01, 0.04, 0.03, 0.02]).map((p) => Number(p.toFixed(4)))).toEqual([0.04, 0.06, 0.06, 0.06])
  })

  it('compare the same seeds and queries, and let the videos vary together', () => {
    const than = [
      [0.1, 0.2, 0.3, 0.4],
      [0.2, 0.3, 0.4, 0.5],
    ]
    const better = than.map((scores, seed) => scores.map((score) => score + (seed === 0 ? 0.1 : 0.3)))
    const { difference, t, bootstrap, seeds } = paired(better, than, ['a', 'a', 'b', 'b'])
    expect(seeds).toBe(2)
    expect(difference).toBeCloseTo(0.2)
    // Standard error 0.1 with one degree of freedom.
    expect(t[0]).toBeCloseTo(0.2 - 12.706 * 0.1, 2)
    // Every query gains the same, so no draw of videos changes it.
    expect(bootstrap[0]).toBeCloseTo(0.2)
    expect(bootstrap[1]).toBeCloseTo(0.2)
  })
})

describe('the arms of the claims', () => {
  const pool = Array.from({ length: 400 }, (_, i): PoolRow => {
    const partial = i % 5 < 2
    const truth = [[0, 2] as const, ...(partial ? [[6, 8] as const] : [])]
    const sample: Sample = {
      ...{ id: `s${i}`, dataset: 'shapes', split: 'train', task: 'grounding', video: `v${i}` },
      ...{ file: `v${i}.mp4`, duration: 10, query: 'q', windows: [[0, 2]] },
    }
    const verdict = partial && i % 2 === 0 ? 'partial' : 'complete'
    const iou = { annotated: (i % 10) / 10, repaired: 0.5, truth: 0.6 }
    return { sample, grade: 'hard', partial, truth, judged: { verdict, score: 0, repaired: truth, iou } }
  })
  const missing = (list: ReturnType<typeof choose>) =>
    list.filter(({ row, windows }) => windows.length < row.truth.length).length

  it('have the noise they are named for, over the same videos', () => {
    const doses = [0, 0.2, 0.4, 0.6].map((partial) => choose(pool, { from: 'dose', partial }, 1))
    expect(doses.map(missing)).toEqual([0, 8, 16, 24])
    for (const dose of doses)
      expect(dose.map(({ row }) => row.sample.id)).toEqual(doses[0]!.map(({ row }) => row.sample.id))
  })

  it('take equal numbers, and act on what was flagged, or on the truth', () => {
    const of = (action: 'keep' | 'drop' | 'repair', oracle = false) =>
      choose(pool, { from: 'verdicts', action, select: 'gaussian', oracle }, 3)
    for (const arm of [of('keep'), of('drop'), of('repair')]) expect(arm.length).toBe(40)
    expect(of('drop').some(({ row }) => row.judged!.verdict === 'partial')).toBe(false)
    expect(missing(of('drop', true))).toBe(0)
    expect(missing(of('repair', true))).toBe(0)
    expect(of('drop')).toEqual(of('drop'))
  })
})
