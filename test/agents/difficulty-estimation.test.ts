import { describe, expect, it } from 'vitest'
import { bandOf, decide } from '../../agents/difficulty-estimation/index.ts'
import { difficultyEstimation } from '../../agents/index.ts'
import type { Sample } from '../../core/index.ts'
import { shapesSettings } from '../support/settings.ts'
import { sample as annotated } from './sample.ts'

const settings = shapesSettings(difficultyEstimation)
const sample: Sample = { ...annotated, duration: 10, windows: [[2, 6]] }

describe('difficulty', () => {
  it('is 1 - mean IoU, an unreadable rollout counting 0', () => {
    const { columns, outcome } = decide(
      sample,
      {
        duration: 10,
        times: [],
        question: '',
        replies: [
          '<answer>2.0 to 6.0</answer>',
          '<answer>4.0 to 8.0</answer>',
          'no idea',
          '<answer>none</answer>',
        ],
        prior: [0, 10],
      },
      settings,
    )
    expect(outcome).toBe('kept')
    expect(columns.ious).toEqual([1, 1 / 3, 0, 0])
    expect(columns.mean_iou).toBeCloseTo(1 / 3)
    expect(columns.difficulty).toBeCloseTo(2 / 3)
    expect(columns.band).toBe('medium')
    expect(columns.max_iou).toBe(1)
    expect(columns.greedy_iou).toBe(1)
    expect(columns.pass_rate).toBe(0.25)
    expect(columns.parse_rate).toBe(0.75)
    expect(columns.prior_iou).toBeCloseTo(0.4)
    expect(columns.sd_iou).toBeCloseTo(Math.sqrt((4 / 9 + 0 + 1 / 9 + 1 / 9) / 4))
  })

  it('rewards "none" where nothing is there', () => {
    const { columns } = decide(
      { ...sample, windows: [] },
      { duration: 10, times: [], question: '', replies: ['<answer>none</answer>'], prior: [0, 10] },
      settings,
    )
    expect(columns.mean_iou).toBe(1)
    expect(columns.sd_iou).toBe(0)
  })

  it('cuts bands at 0.3 and 0.7, both medium', () => {
    expect([0.29, 0.3, 0.7, 0.71].map((difficulty) => bandOf(difficulty, settings))).toEqual([
      'easy',
      'medium',
      'medium',
      'hard',
    ])
    // 1 - 0.9 is 0.09999999999999998, and 1 - 0.7 is 0.30000000000000004.
    expect(bandOf(1 - 0.9, { easy: 0.1, hard: 0.5 })).toBe('medium')
    expect(bandOf(1 - 0.7, { easy: 0.1, hard: 0.3 })).toBe('medium')
  })

  it('refuses bounds that cross', () => {
    const refused = difficultyEstimation.settings.safeParse({ ...settings, easy: 0.8 })
    expect(refused.error?.issues[0]).toMatchObject({
      path: ['easy'],
      message: expect.stringContaining('above "hard"'),
    })
    expect(difficultyEstimation.settings.safeParse({ ...settings, easy: 0.7 }).success).toBe(true)
  })
})
