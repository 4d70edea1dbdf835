import { join } from 'node:path'
import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import {
  goldConversation,
  grpoSchema,
  packConversation,
  rollConversations,
  type SeekSource,
  type SeekTraining,
  seekSchema,
  seekSource,
  seekSummary,
  type TrainingItem,
  updateGroups,
} from '../../trainer/index.ts'
import { makeSkipped } from '../../trainer/skipped.ts'
import type { Clip } from '../../video/index.ts'
import { stubEngine } from './stub.ts'

const preprocessing = await Effect.runPromise(
  readPreprocessing(join(import.meta.dirname, '../fixtures/qwen3vl/tied')),
)
const { tokenizer } = preprocessing
const encode = (text: string) => tokenizer.encodeText(text)

/** Ten seconds of which second 7 alone shows the answer. */
const item: TrainingItem = {
  key: 'd/train/q',
  sample: {
    ...{ id: 'q', dataset: 'd', split: 'train', task: 'choice', video: 'v', file: 'v.mp4', duration: 10 },
    ...{ query: 'Which colour?', options: ['red', 'blue'], answer: 'B', windows: [[7, 8]] },
  },
  difficulty: 0.5,
  band: 'hard',
  weight: 1,
}
const side = 32
const clip: Clip = {
  ...{ width: side, height: side, fps: 1 },
  times: Float64Array.from({ length: 10 }, (_, second) => second),
  rgb: new Uint8Array(10 * side * side * 3).map((_, at) => 20 * Math.floor(at / (side * side * 3))),
  blank: new Uint8Array(10),
  indices: Int32Array.from({ length: 10 }, (_, second) => second),
  info: {
    ...{ path: 'v.mp4', duration: 10, fps: 1, width: side, height: side, rotation: 0, frames: 10 },
    ...{ variableFrameRate: false, codec: 'h264' },
  },
}
const sourceOf = (changes: Partial<SeekTraining> = {}): SeekSource =>
  seekSource({
    ...{ preprocessing, clip: () => Effect.succeed(clip), enable: null, layout: 'pairs', framesPerToken: 2 },
    settings: seekSchema.parse({ start: 'uniform', frames: 2, rounds: 3, ...changes }),
    style: { dialect: 'shapes', think: false },
  })

/** An engine that replies by the prompt's text and the number of the sample, and tells what it was asked for. */
const scripted = (reply: (prompt: string, index: number) => string) => {
  const calls: Array<{ readonly prompts: ReadonlyArray<string>; readonly n: number }> = []
  const engine: EngineService = {
    ...stubEngine(),
    generate: (prompts, { n }) =>
      Effect.sync(() => {
        calls.push({ prompts: prompts.map(({ text }) => text), n })
        return prompts.map(({ text }) =>
          Array.from({ length: n }, (_, index) => {
            const said = reply(text, index)
            return {
              tokens: encode(said),
              logProbs: encode(said).map(() => -1),
              text: said,
              finish: 'stop' as const,
            }
          }),
        )
      }),
  }
  return { engine, calls }
}

const roll = async (source: SeekSource, reply: (prompt: string, index: number) => string) => {
  const { engine, calls } = scripted(reply)
  const options = grpoSchema.parse({ learningRate: 1, group: 4, sampling: { maxTokens: 64 } })
  const rewards = await Effect.runPromise(composeRewards({ answer: 1 }))
  const { groups } = await Effect.runPromise(
    rollConversations({
      ...{ engine, source: { encode }, seek: source, rewards, options, items: [item], step: 0, round: 0 },
      skip: makeSkipped(),
    }),
  )
  return { group: groups[0]!, calls }
}

/** The first sample answers wrongly at once; the others ask for the same frames, and one of them goes on asking. */
const policy = (prompt: string, index: number): string => {
  if (prompt.includes('Round 3')) return '<answer>+[3,4]-[1,2]</answer>'
  if (prompt.includes('Round 2')) return index === 0 ? '<answer>+[1,2]-[7,8]</answer>' : '<answer>B</answer>'
  return index === 0 ? '<answer>A</answer>' : '<answer>+[7,8]-[0,5]</answer>'
}

describe('conversations of GRPO', () => {
  it('go on for each rollout until it ends, and earn what the last reply is worth', async () => {
    const { group } = await roll(sourceOf(), policy)
    expect(group.rollouts.map(({ reward, ending, parsed }) => [reward, ending, parsed])).toEqual([
      [0, 'answered', true],
      [0, 'out of rounds', false],
      [1, 'answered', true],
      [1, 'answered', true],
    ])
    expect(group.rollouts.map(({ turns }) => turns!.map(({ shown }) => shown))).toEqual([
      [[0, 5]],
      [
        [0, 5],
        [7, 8],
        [1, 2],
      ],
      [
        [0, 5],
        [7, 8],
      ],
      [
        [0, 5],
        [7, 8],
      ],
    ])
    expect(seekSummary([group])).toEqual({
      ...{ rounds: 2, frames: 4 },
      endings: { answered: 0.75, 'out of rounds': 0.25 },
    })
  })

  it('compute a prompt once for all rollouts that share it, in each round', async () => {
    const { group, calls } = await roll(sourceOf(), policy)
    expect(calls.map(({ prompts, n }) => [prompts.length, n])).toEqual([
      [1, 4],
      [1, 3],
      [1, 1],
    ])
    const update = updateGroups([group], { scale: 'none', loss: 'grpo', beta: 0, maskTruncated: false })
    expect(update.map(({ completions }) => completions.length)).toEqual([4, 3, 1])
    expect(new Set(update.map(({ prompt }) => prompt.text)).size).toBe(3)
  })

  it('keep their earlier rounds in view where they grow', async () => {
    const { calls } = await roll(sourceOf({ mode: 'growing' }), policy)
    const [, second] = calls
    expect(second!.prompts[0]).toContain('<answer>+[7,8]-[0,5]</answer>')
    expect(second!.prompts[0]!.match(/Which colour/g)).toHaveLength(1)
    // Both rounds' frames are there: two frames a round, one time each.
    expect(second!.prompts[0]!.match(/<\d\.\d seconds>/g)).toEqual([
      ...['<0.0 seconds>', '<5.0 seconds>', '<7.0 seconds>', '<8.0 seconds>'],
    ])
  })

  it('train the replies of all rounds as parts of one completion, or the last one after round 1', async () => {
    const { group } = await roll(sourceOf(), policy)
    for (const loss of ['grpo', 'gspo'] as const) {
      const update = updateGroups([group], { scale: 'none', loss, beta: 0, maskTruncated: false })
      const all = update.flatMap(({ completions }) => completions)
      // The engine divides by the replies; each conversation then counts 1 of 4.
      const weight = all.reduce((sum, one) => sum + one.weight! / all.length, 0)
      expect(weight).toBeCloseTo(1, 12)
      const longest = group.rollouts[1]!
      const own = longest.turns!.map(({ tokens }) => tokens.length)
      const [first] = update[1]!.completions
      expect(first!.weight! / all.length).toBeCloseTo(own[1]! / own.reduce((a, b) => a + b) / 4, 12)
      expect(first!.advantage).toBe(-0.5)
    }
    const dapo = updateGroups([group], { scale: 'none', loss: 'dapo', beta: 0, maskTruncated: false })
    expect(dapo.flatMap(({ completions }) => completions.map(({ weight }) => weight))).toEqual(
      Array(8).fill(1),
    )
    const reference = updateGroups([group], {
      ...{ scale: 'none', loss: 'grpo', beta: 0, maskTruncated: false },
      seek: seekSchema.parse({ pairing: 'reference' }),
    })
    expect(reference).toHaveLength(1)
    expect(reference[0]!.prompt).toBe(group.prepared.prompt)
    expect(reference[0]!.completions.map(({ tokens }) => tokens)).toEqual(
      group.rollouts.map(({ turns }) => turns!.at(-1)!.tokens),
    )
  })
})

describe('a growing conversation', () => {
  const options = { scale: 'none', loss: 'grpo', beta: 0, maskTruncated: false } as const
  const seek = seekSchema.parse({ mode: 'growing' })

  it('is one continuation of the first prompt, whose replies alone count', async () => {
    const { group } = await roll(sourceOf({ mode: 'growing' }), policy)
    const update = updateGroups([group], { ...options, seek })
    expect(update).toHaveLength(1)
    expect(update[0]!.prompt).toBe(group.prepared.prompt)
    const { completions } = update[0]!
    expect(completions.map(({ weight }) => weight)).toEqual([1, 1, 1, 1])
    for (const [index, completion] of completions.entries()) {
      const { turns = [] } = group.rollouts[index]!
      const counted = completion.tokens.filter((_, at) => (completion.lossMask?.[at] ?? 1) === 1)
      expect(counted).toEqual(turns.flatMap(({ tokens }) => tokens))
      const last = turns.at(-1)!
      // What the model was asked last, and what it said, one after the other.
      expect([...update[0]!.prompt.inputIds, ...completion.tokens]).toEqual([
        ...last.prompt.inputIds,
        ...last.tokens,
      ])
      expect(completion.clips?.grids.length ?? 0).toBe(turns.length - 1)
      for (const place of completion.clips?.visual ?? [])
        expect(completion.tokens[place]).toBe(preprocessing.model.tokens.video)
    }
  })

  it('is trained in parts where replies were sampled in another tokenisation, or are scored apart', async () => {
    const { group } = await roll(sourceOf({ mode: 'growing' }), policy)
    const apart = (changes: object) =>
      updateGroups([group], { ...options, seek, ...changes }).flatMap(({ completions }) => completions)
    expect(apart({ updates: 2 })).toHaveLength(8)
    expect(apart({ beta: 0.1 })).toHaveLength(8)
    const [, , turned] = group.rollouts
    const [first, ...others] = turned!.turns!
    expect(packConversation([{ ...first!, tokens: [...first!.tokens, 1] }, ...others])).toBeNull()
  })
})

describe('the gold conversation', () => {
  it('gives one example a round, the last of which answers', async () => {
    const lessons = await Effect.runPromise(goldConversation(sourceOf(), item, 0))
    expect(lessons.map(({ reply }) => reply)).toEqual([
      '<answer>+[2, 7]-[0, 5]</answer>',
      '<answer>B</answer>',
    ])
    expect(lessons[1]!.prompt.text).toContain('Frames 2, 7 of 0 to 9. Round 2 of 3. Seen: 0, 5.')
    expect(lessons[1]!.prompt.grids).toEqual([[2, 2, 2]])
  })
})
