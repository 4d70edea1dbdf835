import { expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { composeRewards } from '../../rewards/index.ts'

it.effect('adds weighted rewards and names them', () =>
  Effect.gen(function* () {
    const rewards = yield* composeRewards({ iou: 1, format: 0.5 })
    const target = { windows: [[0, 10] as const], duration: 20 }
    expect(rewards.score('<answer>5.0 to 10.0</answer>', target)).toEqual({
      scores: { iou: 0.5, format: 1 },
      total: 1,
    })
    expect(rewards.score('5 to 10', target).total).toBe(0)
  }),
)

it.effect('names the nearest reward', () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(composeRewards({ iuo: 1 }))
    expect(error.message).toContain('did you mean iou?')
  }),
)
