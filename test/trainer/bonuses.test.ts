import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeRewards } from '../../rewards/index.ts'
import { withBonuses } from '../../trainer/bonuses.ts'
import { advantages, grpoSchema, openRunFolder, type PromptSource, trainGrpo } from '../../trainer/index.ts'
import { stubEngine, stubItems, stubSource } from './stub.ts'

const rollout = (acc: number, tokens = 10) => ({ reward: acc, scores: { acc }, tokens: { length: tokens } })
const accuracyOf = ({ scores }: { readonly scores: { readonly [name: string]: number } }) => scores.acc ?? 0

describe('bonuses of a group', () => {
  it('reward order and length, and record both', () => {
    const group = [rollout(1, 400), rollout(1, 100), rollout(0, 400)]
    const given = withBonuses(group, [rollout(0), rollout(1)], accuracyOf, { lengthBonus: [320, 512] })
    expect(given.map(({ reward }) => reward)).toEqual([1.5, 1.3, 0])
    expect(given[0]!.scores).toEqual({ acc: 1, temporal: 0.3, length: 0.2 })
    // As right on shuffled frames: order taught nothing.
    expect(withBonuses([rollout(1), rollout(0)], [rollout(1)], accuracyOf, {})[0]!.reward).toBe(1)
    // A single right answer is no reason to prefer its length.
    expect(
      withBonuses([rollout(1, 400), rollout(0)], null, accuracyOf, { lengthBonus: [320, 512] })[0]!.reward,
    ).toBe(1)
    expect(withBonuses(group, null, accuracyOf, {})).toEqual(group)
  })

  it('never take anything away, and give a wrong answer nothing', () => {
    const rollouts = fc.array(
      fc.tuple(fc.constantFrom(0, 0.1, 0.5, 1), fc.nat(600)).map(([acc, tokens]) => rollout(acc, tokens)),
      { minLength: 1 },
    )
    fc.assert(
      fc.property(rollouts, rollouts, (ordered, shuffled) => {
        const given = withBonuses(ordered, shuffled, accuracyOf, { lengthBonus: [320, 512] })
        given.forEach(({ reward, scores }, index) => {
          expect(reward).toBeGreaterThanOrEqual(ordered[index]!.reward)
          if (scores.acc! <= 0.1) expect(reward).toBe(ordered[index]!.reward)
        })
      }),
    )
  })
})

describe('advantages by task', () => {
  it('divide by the spread of the task, so that a task with larger rewards weighs no more', () => {
    const small = [
      [0, 1],
      [0, 0.5],
    ]
    const large = small.map((group) => group.map((reward) => 10 * reward))
    const gains = advantages([...small, ...large], 'task', ['a', 'a', 'b', 'b'])
    expect(gains[2]![1]).toBeCloseTo(gains[0]![1]!, 2)
    expect(gains[3]![1]).toBeCloseTo(gains[1]![1]!, 2)
    // Within a task they stay comparable: twice the difference has twice the advantage.
    expect(gains[0]![1]! / gains[1]![1]!).toBeCloseTo(2, 9)
    expect(advantages(small, 'task', ['a', 'a'])).toEqual(advantages(small, 'batch'))
  })
})

describe('T-GRPO', () => {
  it('asks about shuffled frames too, half as often, and trains on the frames in order only', async () => {
    const path = mkdtempSync(join(tmpdir(), 'spanwise-tgrpo-'))
    const orders: Array<number | undefined> = []
    const source: PromptSource = {
      ...stubSource,
      prepare: (item, ratio, shuffled) => {
        orders.push(shuffled)
        return stubSource.prepare(item, ratio, shuffled)
      },
    }
    const stub = stubEngine()
    const sizes: Array<number> = []
    const learnt: Array<number> = []
    const options = grpoSchema.parse({
      ...{ learningRate: 0.3, sampling: { maxTokens: 64 }, prompts: 3, group: 4, steps: 2 },
      ...{ temporal: true, lengthBonus: [1, 1], mask: { start: 0 } },
    })
    const run = Effect.gen(function* () {
      const folder = yield* openRunFolder(path, { kind: 'curriculum', settings: {}, provenance: {} })
      return yield* trainGrpo({
        engine: {
          ...stub,
          generate: (prompts, sampling) => {
            sizes.push(sampling.n)
            return stub.generate(prompts, sampling)
          },
          update: (batch) => {
            learnt.push(...batch.groups.map(({ completions }) => completions.length))
            return stub.update(batch)
          },
        },
        source,
        rewards: yield* composeRewards(options.rewards),
        options,
        items: stubItems(6),
        folder,
      })
    })
    await Effect.runPromise(run)
    expect(sizes).toEqual([4, 2, 4, 2])
    expect(orders.filter((seed) => seed !== undefined).length).toBe(orders.length / 2)
    expect(new Set(orders).size).toBe(3)
    for (const completions of learnt) expect(completions).toBe(4)
    const rows = readFileSync(join(path, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const { rewards, thought, tasks, length } of rows) {
      expect(Object.keys(rewards)).toEqual(['iou', 'temporal', 'length'])
      expect(thought).toEqual({ tokens: 0, answer: length.mean, share: 0 })
      expect(tasks.grounding).toMatchObject({ prompts: 3 })
    }
  })
})
