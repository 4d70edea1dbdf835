import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Window } from '../../core/index.ts'
import { learningRateAt } from '../../engine/optimiser/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import {
  advantages,
  bandedBy,
  grpoSchema,
  inject,
  maskSchema,
  parseTrainingData,
  type RolloutGroup,
  ratioAt,
  scheduleOf,
  sftSchema,
  startPlateau,
  stepsOf,
  stopsEarly,
  updateGroups,
  watch,
} from '../../trainer/index.ts'
import { replies, stubItems, stubSource } from './stub.ts'

describe('advantages', () => {
  it('matches the published formula', () => {
    // mean 0.5, sample sd 0.57735
    expect(advantages([[1, 0, 1, 0]], 'group')[0]![0]).toBeCloseTo(0.5 / (Math.sqrt(1 / 3) + 1e-4), 12)
    expect(advantages([[1, 0]], 'none')).toEqual([[0.5, -0.5]])
    // All four rewards: mean 0.5, sample sd 0.57735; the constant group stays at zero.
    const batch = advantages(
      [
        [1, 0],
        [0.5, 0.5],
      ],
      'batch',
    )
    expect(batch[0]![0]).toBeCloseTo(0.5 / (Math.sqrt(0.5 / 3) + 1e-4), 12)
    expect(batch[1]).toEqual([0, 0])
  })

  it('sums to zero in each group, and does not change when a group is shifted', () => {
    const group = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(
        group,
        fc.constantFrom('none', 'group'),
        fc.integer({ min: -3, max: 3 }),
        (rewards, scale, by) => {
          const gains = advantages([rewards], scale)[0]!
          expect(gains.reduce((sum, gain) => sum + gain, 0)).toBeCloseTo(0, 6)
          const spread = Math.max(...rewards) - Math.min(...rewards)
          if (spread > 1e-3)
            advantages([rewards.map((reward) => reward + by)], scale)[0]!.forEach((gain, i) => {
              expect(gain).toBeCloseTo(gains[i]!, 6)
            })
        },
      ),
    )
  })
})

const group = async (texts: ReadonlyArray<string>, index = 1): Promise<RolloutGroup> => {
  const item = stubItems(4)[index]!
  const rewards = await Effect.runPromise(composeRewards({ iou: 1 }))
  const prepared = await Effect.runPromise(stubSource.prepare(item, 0))
  return {
    item,
    prepared,
    ratio: 0,
    rollouts: texts.map((text) => {
      const { scores, total } = rewards.score(text, { windows: [[1, 2]], duration: 16 })
      return {
        tokens: [replies.indexOf(text), 9],
        text,
        logProbs: [-1],
        finish: 'stop',
        reward: total,
        scores,
        iou: total,
        solved: total,
        thought: 0,
        parsed: true,
      }
    }),
  }
}

describe('updateGroups', () => {
  it('leaves constant groups out and keeps the normaliser of the whole batch', async () => {
    const groups = [await group([replies[1]!, replies[3]!]), await group([replies[3]!, replies[3]!])]
    const kept = updateGroups(groups, { scale: 'none', loss: 'grpo', beta: 0, maskTruncated: false })
    expect(kept.length).toBe(1)
    expect(kept[0]!.completions.map(({ advantage, weight }) => [advantage, weight])).toEqual([
      [0.5, 0.5],
      [-0.5, 0.5],
    ])
    expect(
      updateGroups(groups, { scale: 'none', loss: 'grpo', beta: 0.04, maskTruncated: false }).length,
    ).toBe(2)
  })

  it('scales by the weight of the sample', async () => {
    const groups = [await group([replies[1]!, replies[3]!], 0)]
    expect(
      updateGroups(groups, { scale: 'group', loss: 'dapo', beta: 0, maskTruncated: false })[0]!
        .completions[0]!.weight,
    ).toBe(0.5)
  })
})

describe('inject', () => {
  it('puts the annotation in place of the last rollout of failed groups', async () => {
    const rewards = await Effect.runPromise(composeRewards({ iou: 1 }))
    const failed = await group([replies[3]!, replies[0]!])
    const injected = inject(failed, 'failed', rewards, stubSource)
    expect(injected.rollouts[1]).toMatchObject({
      text: replies[1],
      tokens: [1],
      reward: 1,
      finish: 'annotation',
    })
    expect(inject(failed, 'none', rewards, stubSource)).toBe(failed)
    const good = await group([replies[1]!, replies[0]!])
    expect(inject(good, 'failed', rewards, stubSource)).toBe(good)
    expect(inject(good, 'always', rewards, stubSource).rollouts[1]!.finish).toBe('annotation')
  })
})

describe('options', () => {
  it('masks nothing unless a schedule or a share is set', () => {
    const kindOf = (mask: object) => {
      const { kind, start } = maskSchema.parse(mask)
      return [kind, start]
    }
    expect(kindOf({})).toEqual(['none', 0.8])
    expect(kindOf({ start: 0 })).toEqual(['none', 0])
    expect(kindOf({ start: 0.3 })).toEqual(['linear', 0.3])
    expect(kindOf({ kind: 'adaptive' })).toEqual(['adaptive', 0.8])
    const options = grpoSchema.parse({ learningRate: 5e-5, sampling: { maxTokens: 64 } })
    for (const item of stubItems(3)) expect(ratioAt(options, item, 0, 100)).toBe(0)
  })

  it('masks hard samples only, until the set share of the steps', () => {
    const options = grpoSchema.parse({
      ...{ learningRate: 5e-5, sampling: { maxTokens: 64 }, mask: { kind: 'linear' } },
    })
    const [hard, medium] = stubItems(2)
    expect(ratioAt(options, hard!, 0, 100)).toBe(0.8)
    expect(ratioAt(options, hard!, 50, 100)).toBe(0)
    expect(ratioAt(options, medium!, 0, 100)).toBe(0)
  })

  it('takes bands from the spans where the key says so', () => {
    const items = stubItems(10).map((item, i) => ({
      ...item,
      sample: { ...item.sample, windows: [[0, i + 1] as const] },
    }))
    expect(bandedBy(items, 'score')).toBe(items)
    expect(bandedBy(items, 'span').map(({ band }) => band)).toEqual([
      ...Array(3).fill('hard'),
      ...Array(4).fill('medium'),
      ...Array(3).fill('easy'),
    ])
  })

  it('has steps from epochs, and warms up before it decays', () => {
    expect(stepsOf({ steps: null, epochs: 2 }, 100, 32)).toBe(7)
    const options = sftSchema.parse({ learningRate: 1, warmup: 3, schedule: 'linear' })
    expect([0, 1, 2, 3, 8].map((step) => learningRateAt(scheduleOf(options, 13), step))).toEqual([
      1 / 3,
      2 / 3,
      1,
      1,
      0.5,
    ])
  })

  it('stops only when reward and spread both stand still', () => {
    const rule = { patience: 3, delta: 0.01, smoothing: 0 }
    const run = (spread: (step: number) => number) => {
      let state = startPlateau
      for (let step = 0; step < 6; step++) state = watch(rule, state, 0.5, spread(step))
      return stopsEarly(rule, state)
    }
    expect(run(() => 0.2)).toBe(true)
    expect(run((step) => 0.2 + step / 10)).toBe(false)
    expect(stopsEarly({ ...rule, patience: 0 }, { ...startPlateau, steps: 100 })).toBe(false)
  })
})

describe('parseTrainingData', () => {
  const row = {
    id: 'a',
    dataset: 'shapes',
    split: 'train',
    task: 'grounding',
    video: 'v',
    file: 'v.mp4',
    duration: 16,
    query: 'q',
    windows: [[1, 2]],
    curation: { difficulty: 0.8, band: 'hard', weight: 0.5 },
  }
  const parse = (...lines: ReadonlyArray<unknown>) =>
    Effect.runPromise(
      Effect.result(parseTrainingData('d.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'))),
    )

  it('reads curated rows and plain ones', async () => {
    expect(await parse(row)).toMatchObject({
      _tag: 'Success',
      success: { items: [{ key: 'shapes/train/a', difficulty: 0.8, band: 'hard', weight: 0.5 }] },
    })
    expect(await parse({ ...row, curation: undefined })).toMatchObject({
      success: { items: [{ difficulty: 0.5, band: 'medium', weight: 1 }] },
    })
  })

  it('names the line and the field of a bad row', async () => {
    const bad = await parse(row, { ...row, id: 'b', windows: [[2, 1]] })
    expect(bad).toMatchObject({ _tag: 'Failure', failure: { subject: 'd.jsonl:2' } })
    expect(JSON.stringify(bad)).toContain('windows[0]')
    expect(await parse(row, row)).toMatchObject({ _tag: 'Failure' })
    expect(await parse()).toMatchObject({ _tag: 'Failure' })
  })

  it.each([
    [{ windows: [[3, 3]] }, 'window 3 to 3 s has no length'],
    [{ windows: [[60, 99]] }, 'window 60 to 99 s is outside the video, which lasts 16.00 s'],
    [{ windows: [[0, 0]], duration: null }, 'window 0 to 0 s is outside the video;'],
    [{ curation: { ...row.curation, weight: 1e300 } }, 'curation.weight: expected at most 1000000'],
  ])('refuses %j, which no reply could be right about or no loss hold', async (change, problem) => {
    const error = await Effect.runPromise(
      Effect.flip(parseTrainingData('d.jsonl', JSON.stringify({ ...row, ...change }))),
    )
    expect(error.message).toContain(problem)
  })

  it('ends windows with the clip, and keeps instants beside longer ones', async () => {
    const windows = async (given: ReadonlyArray<Window>) =>
      (await Effect.runPromise(parseTrainingData('d.jsonl', JSON.stringify({ ...row, windows: given }))))
        .items[0]!.sample.windows
    expect(await windows([[5, 900]])).toEqual([[5, 16]])
    expect(
      await windows([
        [1, 2],
        [15.5, 16.2],
      ]),
    ).toEqual([
      [1, 2],
      [15.5, 16],
    ])
    expect(
      await windows([
        [1, 2],
        [3, 3],
      ]),
    ).toEqual([
      [1, 2],
      [3, 3],
    ])
  })
})
