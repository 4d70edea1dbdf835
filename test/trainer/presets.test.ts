import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { grpoSchema, lossPresets, overlongPenalty, updateGroups } from '../../trainer/index.ts'
import { stubItems, stubSource } from './stub.ts'

const parse = (given: object) => grpoSchema.parse({ learningRate: 1, sampling: { maxTokens: 100 }, ...given })

describe('the name of a loss', () => {
  it.each([
    ['grpo', { scale: 'group', clipLow: 0.2, clipHigh: 0.2, refill: 0, overlong: 0 }],
    ['dapo', { scale: 'group', clipLow: 0.2, clipHigh: 0.28, refill: 3, overlong: 0.2 }],
    ['dr_grpo', { scale: 'none', clipLow: 0.2, clipHigh: 0.2, refill: 0, overlong: 0 }],
    ['gspo', { scale: 'group', clipLow: 3e-4, clipHigh: 4e-4, refill: 0, overlong: 0 }],
  ] as const)('stands for all that its paper means: %s', (loss, parts) => {
    expect(parse({ loss })).toMatchObject(parts)
    expect(lossPresets[loss]).toEqual(parts)
  })

  it('leaves each part to be set', () =>
    expect(parse({ loss: 'dapo', refill: 0, clipHigh: 0.3, scale: 'batch' })).toMatchObject({
      ...{ scale: 'batch', clipLow: 0.2, clipHigh: 0.3, refill: 0, overlong: 0.2 },
    }))
})

describe('overlongPenalty', () => {
  it('follows the worked values of DAPO: 20 480 tokens, the last 4 096 punished', () => {
    expect(overlongPenalty(16_384, 20_480, 0.2)).toBe(0)
    expect(overlongPenalty(18_432, 20_480, 0.2)).toBeCloseTo(-0.5, 12)
    expect(overlongPenalty(20_480, 20_480, 0.2)).toBe(-1)
  })

  it('never rewards, never exceeds 1, and never falls as replies get shorter', () =>
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.nat(5000),
        fc.integer({ min: 1, max: 4000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b, most, share) => {
          const [short, long] = [Math.min(a, b), Math.max(a, b)]
          const penalties = [overlongPenalty(short, most, share), overlongPenalty(long, most, share)] as const
          for (const penalty of penalties) {
            expect(penalty).toBeLessThanOrEqual(0)
            expect(penalty).toBeGreaterThanOrEqual(-1)
          }
          expect(penalties[0]).toBeGreaterThanOrEqual(penalties[1])
        },
      ),
    ))
})

it('leaves replies that were cut off out of the loss where asked to', async () => {
  const item = { ...stubItems(1)[0]!, weight: 1 }
  const prepared = await Effect.runPromise(stubSource.prepare(item, 0))
  const rollout = (reward: number, finish: 'stop' | 'length', tokens: number) => ({
    ...{ tokens: Array.from({ length: tokens }, () => 1), text: '', logProbs: [], finish, reward },
    ...{ scores: {}, iou: reward, solved: reward, thought: 0, parsed: true },
  })
  const groups = [
    {
      item,
      prepared,
      ratio: 0,
      rollouts: [rollout(1, 'stop', 2), rollout(0, 'stop', 2), rollout(0, 'length', 8)],
    },
  ]
  const taught = (loss: 'grpo' | 'dapo', maskTruncated: boolean) =>
    updateGroups(groups, { scale: 'none', loss, beta: 0, maskTruncated })[0]!.completions
  expect(taught('grpo', false)).toHaveLength(3)
  // Two of three completions teach, over the normaliser of all three; a token mean divides by the tokens that count.
  expect(taught('grpo', true).map(({ weight }) => weight)).toEqual([2 / 3, 2 / 3])
  expect(taught('dapo', true).map(({ weight }) => weight)).toEqual([4 / 4, 4 / 4])
})
