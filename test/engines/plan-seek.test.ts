import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ConversationMode, conversationModes, proceed, requestText } from '../../agents/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { checkpointProfile, replyPlan } from '../../models/index.ts'
import { seekSourceOf } from '../../pipelines/train/seek.ts'
import { memoryOf, secondsOf, tokensOf } from '../../pipelines/trl/estimate.ts'
import { modelSize } from '../../pipelines/trl/model-size.ts'
import { readTrainingData, rulesOf, type SeekState, seekSchema } from '../../trainer/index.ts'
import { engineSettings } from '../../trainer/service/index.ts'
import { Videos } from '../../video/index.ts'
import { spanwiseHere } from '../cli/command-line.ts'
import { makeScene, type Scene } from './scene.ts'

const root = join(import.meta.dirname, '../..')
/** A family that shows a round as one video, and one that shows a video for each frame. */
const models = ['checkpoints/shapes-base', 'test/fixtures/qwen2vl/qwen2.5-vl'].map((path) => join(root, path))
const maxTokens = 40

let scene: Scene
let data = ''
beforeAll(async () => {
  scene = await makeScene('plan-seek', 2)
  data = join(scene.root, 'choice.jsonl')
  const choice = { task: 'choice', options: ['a', 'b'], answer: 'A' }
  writeFileSync(data, scene.samples.map((sample) => JSON.stringify({ ...sample, ...choice })).join('\n'))
})

const answer = z.looseObject({
  ...{ visionTokens: z.number(), promptTokens: z.number(), tokensPerStep: z.number() },
  ...{ rounds: z.number().optional(), prompts: z.number(), group: z.number(), memoryGB: z.number() },
})

const planned = async (model: string, seek: object | null, ...words: ReadonlyArray<string>) => {
  const { code, out, err } = await spanwiseHere(
    scene.root,
    ...['train', 'curriculum', '--engine', 'trl', '--plan', '--json', '--model', model, '--data', data],
    ...['--videos', scene.videos, '--run', 'run', '--set', `sampling.maxTokens=${maxTokens}`],
    ...(seek === null ? [] : ['--set', `seek=${JSON.stringify(seek)}`]),
    ...words,
  )
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  return answer.parse(JSON.parse(out.trim().split('\n').at(-1)!))
}

/** The prompts of the longest conversation about each sample, whose replies are as long as they may be. */
const made = (model: string, mode: ConversationMode, frames: number, rounds: number) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const videos = yield* Videos
      const preprocessing = yield* readPreprocessing(model)
      const profile = yield* checkpointProfile(preprocessing)
      const settings = seekSchema.parse({ mode, frames, rounds, requests: 'tolerant' })
      const source = seekSourceOf({
        ...{ videos, folders: scene.videos, preprocessing, profile, settings },
        plan: replyPlan(profile, 'choice'),
      })
      const { encodeText } = preprocessing.tokenizer
      return yield* Effect.forEach((yield* readTrainingData(data)).items, (item) =>
        Effect.gen(function* () {
          const { conversation } = yield* source.begin(item, 0)
          let state: SeekState = { conversation, replies: [] }
          const tokens = [(yield* source.prompt(item, state)).inputIds.length]
          while (tokens.length < rounds) {
            const shown = new Set(state.conversation.rounds.flatMap((round) => round.shown))
            const unseen = Array.from({ length: state.conversation.total }, (_, second) => second)
              .filter((second) => !shown.has(second))
              .slice(0, frames)
            let text = requestText(unseen, [])
            while (encodeText(`${text} x`).length < maxTokens) text += ' x'
            const next = proceed(state.conversation, { text }, rulesOf(settings))
            if (next.kind === 'end') break
            state = { conversation: next.conversation, replies: [...state.replies, text] }
            tokens.push((yield* source.prompt(item, state)).inputIds.length)
          }
          return tokens
        }),
      )
    }).pipe(Effect.scoped, Effect.provide(Videos.layer({ workers: 1 }))),
  )

/** The mean of each round. */
const meansOf = (conversations: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> =>
  conversations[0]!.map(
    (_, round) => conversations.reduce((sum, tokens) => sum + tokens[round]!, 0) / conversations.length,
  )

describe('--plan of frame seeking through TRL', () => {
  it.each(models.flatMap((model) => conversationModes.map((mode) => [model, mode] as const)))(
    'counts the prompts that are sent (%s, %s)',
    async (model, mode) => {
      const [frames, rounds] = [2, 3]
      const plan = await planned(model, { mode, frames, rounds, requests: 'tolerant' })
      expect(plan.rounds).toBe(rounds)
      const conversations = await made(model, mode, frames, rounds)
      expect(conversations.every(({ length }) => length === rounds)).toBe(true)
      const means = meansOf(conversations)
      const longest = Math.max(...means)
      expect(plan.promptTokens / longest).toBeGreaterThan(0.95)
      expect(plan.promptTokens / longest).toBeLessThan(1.1)
      // The later rounds of all conversations, and of each prompt so many sequences that the fewest tokens are computed.
      const later = plan.group * (rounds - 1)
      const layouts = Array.from({ length: plan.group }, (_, at) => {
        const size = Math.max(means[0]! + Math.ceil(plan.group / (at + 1)) * maxTokens, longest + maxTokens)
        return (at + 1 + later) * size
      })
      const expected = plan.prompts * Math.min(...layouts)
      expect(plan.tokensPerStep / expected).toBeGreaterThan(0.95)
      expect(plan.tokensPerStep / expected).toBeLessThan(1.1)
    },
  )

  it('shows at most the frames of a round, of a growing conversation those of all, and never more than there are', async () => {
    const [model] = models as [string]
    const of = (mode: ConversationMode, frames: number, rounds: number) =>
      planned(model, { mode, frames, rounds }, '--num-generations', '2')
    const [one, fresh, growing] = [
      await of('fresh', 1, 1),
      await of('fresh', 2, 3),
      await of('growing', 2, 3),
    ]
    const each = one.visionTokens
    expect([fresh.visionTokens, growing.visionTokens]).toEqual([2 * each, 6 * each])
    expect(growing.tokensPerStep).toBeGreaterThan(fresh.tokensPerStep)
    expect(growing.memoryGB).toBeGreaterThan(fresh.memoryGB)
    expect(growing.memoryGB).toBeGreaterThan((await planned(model, null, '--num-generations', '2')).memoryGB)
    const long = await of('growing', 5, 50)
    const seconds = Math.max(...scene.samples.map(({ duration }) => duration ?? 0))
    expect(long.visionTokens).toBeLessThanOrEqual(Math.floor(seconds + 1) * each)
    expect(long.rounds).toBeLessThanOrEqual(seconds)
  })

  it('of supervised fine-tuning counts a row for each round, and that of the embedded engine the same prompts', async () => {
    const rows = (mode: ConversationMode) => ({
      ...({ kind: 'sft', prompts: 4, group: 1, updates: 1, beta: 0, replyTokens: 30 } as const),
      first: { vision: 500, all: 700 },
      later: mode === 'fresh' ? [{ vision: 500, all: 710 }] : [{ vision: 1000, all: 1400 }],
    })
    expect(tokensOf(rows('fresh'), false)).toBe(4 * 2 * 740)
    expect(tokensOf(rows('growing'), false)).toBe(4 * 2 * 1430)
    const size = modelSize('Qwen/Qwen2.5-VL-3B-Instruct')!
    const engine = engineSettings.parse({ model: 'm', output: 'o' })
    for (const estimate of [memoryOf, secondsOf] as const)
      expect(estimate(size, rows('growing'), engine, 1)).toBeGreaterThan(
        estimate(size, rows('fresh'), engine, 1),
      )
    const [model] = models as [string]
    const words = [
      '--set',
      'seek={"mode":"growing","frames":2,"rounds":3}',
      '--steps',
      '1',
      '--set',
      'prompts=2',
    ]
    const { out } = await spanwiseHere(
      scene.root,
      ...[
        'train',
        'curriculum',
        '--plan',
        '--json',
        '--model',
        model,
        '--data',
        data,
        '--videos',
        scene.videos,
      ],
      ...['--run', 'run', '--set', `sampling.maxTokens=${maxTokens}`, ...words],
    )
    const embedded = z
      .object({ promptTokens: z.number(), prompts: z.number(), completions: z.number() })
      .parse(JSON.parse(out.trim().split('\n').at(-1)!))
    const conversations = await made(model, 'growing', 2, 3)
    const [first, second, third] = meansOf(conversations) as [number, number, number]
    const group = embedded.completions / embedded.prompts
    const expected = embedded.prompts * (first + group * (second + third))
    expect(embedded.promptTokens / expected).toBeGreaterThan(0.95)
    expect(embedded.promptTokens / expected).toBeLessThan(1.1)
    expect(existsSync(join(scene.root, 'run'))).toBe(false)
  })
})
