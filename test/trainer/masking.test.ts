import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { adaptiveRatio } from '../../curriculum/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import {
  grpoSchema,
  maskSchema,
  nextCaps,
  openRunFolder,
  type RolloutGroup,
  ratioAt,
  retryRatio,
  trainGrpo,
} from '../../trainer/index.ts'
import { replies, stubEngine, stubItems, stubSource } from './stub.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-masking-'))
afterAll(() => rmSync(root, { recursive: true }))

const share = fc.double({ min: 0, max: 1, noNaN: true })

const group = async (ious: ReadonlyArray<number>, ratio = 0, place = 0): Promise<RolloutGroup> => {
  const item = stubItems(9)[place]!
  return {
    item,
    prepared: await Effect.runPromise(stubSource.prepare(item, ratio)),
    ratio,
    rollouts: ious.map((iou) => ({
      ...{ tokens: [0], text: '', logProbs: [0], finish: 'stop' as const, scores: {}, parsed: true },
      ...{ reward: iou, iou, solved: iou, thought: 0 },
    })),
  }
}

describe('the adaptive schedule', () => {
  it('hides less the better the last rollouts were, and nothing from `solvedAt` on', () => {
    fc.assert(
      fc.property(share, fc.double({ min: 0.01, max: 1, noNaN: true }), share, share, (start, at, a, b) => {
        const [worse, better] = [Math.min(a, b), Math.max(a, b)].map((last) => adaptiveRatio(start, at, last))
        expect(worse!).toBeGreaterThanOrEqual(better!)
        expect(worse!).toBeLessThanOrEqual(start)
        if (Math.max(a, b) >= at) expect(better).toBe(0)
      }),
    )
  })

  it('starts from the difficulty, follows masked rollouts, and never hides again what it showed', async () => {
    const mask = maskSchema.parse({ kind: 'adaptive', start: 0.8, until: 1, solvedAt: 0.5 })
    const [hard] = stubItems(9)
    const at = (caps: Parameters<typeof nextCaps>[1]) => ratioAt({ mask }, hard!, 0, 10, caps)
    expect(at({})).toBeCloseTo(0.8 * (1 - 0.1 / 0.5))
    const learnt = nextCaps(mask, {}, [await group([0.2, 0.4], 0.6)])
    expect(at(learnt)).toBeCloseTo(0.8 * (1 - 0.3 / 0.5))
    const solved = nextCaps(mask, learnt, [await group([0.5, 0.9], 0.3)])
    expect(at(solved)).toBe(0)
    expect(at(nextCaps(mask, solved, [await group([0, 0])]))).toBe(0)
    expect(ratioAt({ mask: { ...mask, until: 0.5 } }, hard!, 5, 10, {})).toBe(0)
  })
})

describe('the schedule on-failure', () => {
  const mask = maskSchema.parse({ kind: 'on-failure', start: 0.8, until: 0.5 })

  it('hides frames of constant groups that are not solved, of every band', async () => {
    expect(ratioAt({ mask }, stubItems(1)[0]!, 0, 10)).toBe(0)
    for (const place of [0, 1])
      expect(retryRatio({ mask }, await group([0.1, 0.1], 0, place), 0, 10)).toBe(0.8)
    expect(retryRatio({ mask }, await group([0.1, 0.2]), 0, 10)).toBe(0)
    expect(retryRatio({ mask }, await group([1, 1]), 0, 10)).toBe(0)
    expect(retryRatio({ mask }, await group([0.1, 0.1]), 5, 10)).toBe(0)
  })

  it('trains on the masked rollouts where the whole clip gave none to choose from', async () => {
    const options = grpoSchema.parse({
      ...{ sampling: { maxTokens: 64 }, prompts: 4, group: 4, steps: 4, learningRate: 0.3, logPrompts: 4 },
      mask: { kind: 'on-failure' },
    })
    const stub = stubEngine()
    let asked = 0
    // Whole clips always get the same wrong reply; clips with hidden frames get a different one each time.
    const engine: EngineService = {
      ...stub,
      generate: (prompts, sampling) => {
        const masked = asked++ % 2 === 1
        return Effect.succeed(
          prompts.map(() =>
            Array.from({ length: sampling.n }, (_, i) => {
              const token = masked ? i % replies.length : 2
              return { tokens: [token], logProbs: [-1], text: replies[token]!, finish: 'stop' as const }
            }),
          ),
        )
      },
    }
    const path = join(root, 'on-failure')
    await Effect.runPromise(
      Effect.gen(function* () {
        const folder = yield* openRunFolder(path, { kind: 'curriculum', settings: {}, provenance: {} })
        const rewards = yield* composeRewards(options.rewards)
        const run = { engine, source: stubSource, rewards, options, items: stubItems(9), folder }
        yield* trainGrpo(run)
      }),
    )
    const rows = (name: string): ReadonlyArray<Record<string, unknown>> =>
      readFileSync(join(path, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    const [first, , third] = rows('metrics.jsonl')
    expect(first).toMatchObject({
      ...{ constant_before: 1, constant: 0 },
      mask: { ratio: 0.8, prompts: 1, retried: { share: 1, rescued: 1 } },
    })
    const bands = Object.values(first!.bands as Record<string, { groups: number; constant: number }>)
    expect(bands.reduce((sum, { groups }) => sum + groups, 0)).toBe(4)
    for (const { constant } of bands) expect(constant).toBe(0)
    // From half of the steps on nothing is hidden, and the groups stay as they are.
    expect(third).toMatchObject({ constant_before: 1, mask: { prompts: 0, retried: { share: 0 } } })
    expect(rows('rollouts.jsonl')[0]).toMatchObject({ ratio: 0.8 })
  })
})
