import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogue, composeRewards, defaultWeights } from '../../rewards/index.ts'
import { groundedAnswer, tasks } from '../../tasks/index.ts'

const composed = (weights: Parameters<typeof composeRewards>[0]) => Effect.runPromise(composeRewards(weights))
const refusal = (weights: Parameters<typeof composeRewards>[0]) =>
  Effect.runPromise(Effect.flip(composeRewards(weights)))

const windows = [[4, 8] as const]
const question = { task: 'grounded-qa', windows, duration: 20, answer: 'B' }
const query = { task: 'grounding', windows, duration: 20 }

describe('rewards by task', () => {
  it('score each task by its own, and a task that is not named by its default', async () => {
    const rewards = await composed({ 'grounded-qa': { glue_iou: 2, answer: 1 } })
    expect(rewards.score(groundedAnswer('B', [[4, 6]]), question)).toEqual({
      scores: { glue_iou: 0.5, answer: 1 },
      total: 2,
    })
    expect(rewards.score('<answer>4.0 to 8.0</answer>', query)).toEqual({ scores: { iou: 1 }, total: 1 })
    expect(rewards.namesOf('grounded-qa')).toEqual(['glue_iou', 'answer'])
  })

  it('take common ones for every task without its own', async () => {
    const rewards = await composed({ format: 0.5, counting: { count_exact: 1 } })
    expect(rewards.score(groundedAnswer('A', []), question).total).toBe(0.5)
    expect(rewards.score('<answer>3</answer>', { ...query, task: 'counting', answer: '3' }).total).toBe(1)
  })

  it('score the right reply of each task in full by default, and no other reply more', async () => {
    for (const task of tasks)
      for (const name of Object.keys(defaultWeights(task))) expect(Object.keys(catalogue)).toContain(name)
    const rewards = await composed({ 'grounded-qa': defaultWeights('grounded-qa') })
    const right = rewards.score(groundedAnswer('B', windows), question).total
    expect(right).toBe(2)
    const time = fc.integer({ min: 0, max: 20 })
    fc.assert(
      fc.property(fc.constantFrom('A', 'B'), time, time, (letter, a, b) => {
        const { total } = rewards.score(groundedAnswer(letter, [[Math.min(a, b), Math.max(a, b)]]), question)
        expect(total).toBeGreaterThanOrEqual(0)
        expect(total).toBeLessThanOrEqual(right)
      }),
    )
  })

  it('refuse unknown tasks, rewards and empty sets', async () => {
    expect((await refusal({ 'grounded-q': { answer: 1 } })).message).toContain('did you mean grounded-qa?')
    expect((await refusal({ choice: { anser: 1 } })).message).toContain('did you mean answer?')
    expect((await refusal({ choice: {} })).message).toContain('none is given')
    expect((await refusal({ iou: 0, format: 0 })).message).toContain('every weight is 0')
  })
})

describe('window_f1', () => {
  const score = (text: string, target: object = query) =>
    catalogue.window_f1!(text, { windows: [], duration: 20, ...target })
  it('wants a window for each true one, in answers and in glue lists', () => {
    const two = { ...query, windows: [[0, 4] as const, [10, 14] as const] }
    expect(score('<answer>0.0 to 4.0, 10.0 to 14.0</answer>', two)).toBe(1)
    // IoU 0.5 with the first: matched at 0.3 and 0.5, one of two.
    expect(score('<answer>0.0 to 2.0</answer>', two)).toBeCloseTo((2 / 3) * (2 / 3))
    expect(score(groundedAnswer('A', two.windows), { ...two, task: 'grounded-qa' })).toBe(1)
    expect(score('<answer>none</answer>', { ...query, windows: [] })).toBe(1)
    expect([score('<answer>none</answer>'), score('4 to 8')]).toEqual([0, 0])
  })
})
