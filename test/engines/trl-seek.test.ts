import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Effect } from 'effect'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type ConversationMode,
  conversationModes,
  layoutOf,
  proceed,
  requestText,
} from '../../agents/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { localEngine } from '../../engine/index.ts'
import { checkpointProfile } from '../../models/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import {
  clipViews,
  grpoSchema,
  openRunFolder,
  rulesOf,
  type SeekState,
  seekSource,
} from '../../trainer/index.ts'
import { engineSettings, makeTrainingService, serveTraining } from '../../trainer/service/index.ts'
import type { Clip } from '../../video/index.ts'
import { spanwise } from '../cli/command-line.ts'
import { findPython } from '../support/python.ts'
import { grayClip } from '../trainer/clip.ts'
import { stubItems } from '../trainer/stub.ts'
import { makeScene, metricsIn, type Scene, servedIn, train } from './scene.ts'

const execute = promisify(execFile)
const found = findPython('torch', 'trl', 'transformers', 'accelerate', 'peft', 'datasets')
const python = found.python ?? ''
const root = join(import.meta.dirname, '../..')
const fixture = (name: string) => join(root, 'test/fixtures/qwen2vl', name)

/** Ten seconds of noise, each another. */
const noise = (side: number): Clip => {
  const { info, ...gray } = grayClip(10)
  return {
    ...{ ...gray, fps: 1, width: side, height: side, info: { ...info, duration: 10, fps: 1, frames: 10 } },
    times: Float64Array.from({ length: 10 }, (_, second) => second),
    rgb: new Uint8Array(10 * side * side * 3).map((_, at) => (at * at) % 251),
  }
}
const asked = { task: 'choice', options: ['a circle', 'a square', 'nothing'], answer: 'A' }
const item = stubItems(1).map((one) => ({ ...one, sample: { ...one.sample, ...asked } }))[0]!

/** Earlier replies without their reasoning, as templates of reasoning models write them. */
const forgetful = (template: string): string => {
  const said = "message['role'] == 'assistant' and '</think>' in part['text']"
  const made = template.replace(
    /(\{\{- part\['text'\] -\}\})/,
    `{%- if ${said} -%}{{- part['text'].split('</think>')[-1] -}}{%- else -%}$1{%- endif -%}`,
  )
  expect(made).not.toBe(template)
  return made
}

/** A checkpoint whose template drops the reasoning of earlier replies. */
const withForgetful = (checkpoint: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'spanwise-forgetful-'))
  cpSync(checkpoint, folder, { recursive: true })
  const file = join(folder, 'chat_template.json')
  const { chat_template: template } = z
    .object({ chat_template: z.string() })
    .parse(JSON.parse(readFileSync(file, 'utf8')))
  writeFileSync(file, JSON.stringify({ chat_template: forgetful(template) }))
  return folder
}

/** Requests and an answer: with reasoning, and with what is a special token elsewhere. */
const repliesOf = (mode: ConversationMode, first: ReadonlyArray<number>) => [
  `<think>Not yet.</think>${requestText([4, 9], mode === 'fresh' ? first.slice(0, 2) : [])}`,
  `<3.0 seconds><|im_end|><|video_pad|>${requestText([8], mode === 'fresh' ? [4] : [])}`,
  '<think>Now.</think><answer>B</answer>',
]

/** A conversation of three rounds that a service serves; sums of the log-probabilities of its replies on the embedded engine. */
const conversationOn = Effect.fnUntraced(function* (checkpoint: string, mode: ConversationMode) {
  const preprocessing = yield* readPreprocessing(checkpoint)
  const profile = yield* checkpointProfile(preprocessing)
  const clip = noise(2 * profile.view.factor)
  const shown = {
    layout: layoutOf(profile, { kind: 'pixels' }),
    framesPerToken: profile.view.framesPerToken,
  }
  const options = grpoSchema.parse({
    ...{ learningRate: 1, sampling: { maxTokens: 8 }, prompts: 1, group: 2 },
    seek: { frames: 3, rounds: 3, start: 'uniform', mode },
  })
  const seek = options.seek!
  const source = seekSource({
    ...{ preprocessing, clip: () => Effect.succeed(clip), settings: seek, enable: null, ...shown },
    style: { dialect: 'general', think: false },
  })
  const { conversation } = yield* source.begin(item, options.seed, 0, 0)
  const replies = repliesOf(mode, conversation.rounds[0]!.shown)
  const states: Array<SeekState> = [{ conversation, replies: [] }]
  for (const [round, text] of replies.slice(0, -1).entries()) {
    const next = proceed(states[round]!.conversation, { text }, rulesOf(seek))
    if (next.kind === 'end') throw new Error(`the request is not granted: ${next.ending}`)
    states.push({ conversation: next.conversation, replies: replies.slice(0, round + 1) })
  }
  const engine = yield* localEngine({ checkpoint, device: 'cpu', threads: 1 })
  const prompts = yield* Effect.forEach(states, (state) => source.prompt(item, state))
  const said = yield* engine.score(
    prompts.map((prompt, round) => ({
      prompt,
      completions: [[...preprocessing.tokenizer.encodeText(replies[round]!), preprocessing.endToken!]],
    })),
  )
  const folder = mkdtempSync(join(tmpdir(), 'spanwise-trl-seek-'))
  const service = yield* makeTrainingService({
    run: 'seek',
    training: { kind: 'curriculum', options, rewards: yield* composeRewards({ answer: 1 }) },
    steps: 1,
    items: [item],
    wording: { dialect: 'general' },
    shown,
    views: clipViews({ clip: () => Effect.succeed(clip), seed: 0, mode: 'blank', margin: null }),
    folder: yield* openRunFolder(folder, { kind: 'curriculum', settings: {}, provenance: {} }),
    engine: engineSettings.parse({ model: checkpoint, output: folder, precision: 'fp32' }),
    sharedFrames: null,
  })
  return {
    layout: shown.layout,
    videos: prompts.map(({ grids }) => grids.length),
    texts: prompts.map(({ text }) => text),
    embedded: said.map(([logProbs]) => logProbs!.reduce((sum, value) => sum + value, 0)),
    asked: { url: yield* serveTraining(service, { version: '0' }), sample: item.key, replies },
  }
})

/** The same by transformers, all in one process of Python. */
const scored = Effect.fnUntraced(function* (
  cases: ReadonlyArray<readonly [checkpoint: string, mode: ConversationMode]>,
) {
  const conversations = yield* Effect.forEach(cases, ([checkpoint, mode]) => conversationOn(checkpoint, mode))
  const asked = JSON.stringify(conversations.map((one) => one.asked))
  const { stdout } = yield* Effect.promise(() =>
    execute(python, [join(root, 'engines/trl/tests/score_worker.py'), asked], {
      env: { ...process.env, PYTHONPATH: join(root, 'engines/trl/src'), OMP_NUM_THREADS: '1' },
    }),
  )
  const sums = z.array(z.array(z.number())).parse(JSON.parse(stdout.trim().split('\n').at(-1)!))
  return conversations.map((one, at) => ({ ...one, transformers: sums[at]! }))
}, Effect.scoped)

describe.skipIf(found.python === null)('frame seeking through TRL, a video for each frame', () => {
  let scene: Scene
  beforeAll(async () => {
    if (found.python === null) return
    const made = await makeScene('trl-seek', 4)
    const data = join(made.root, 'choice.jsonl')
    // A second that the frames of a first round miss.
    const rows = made.samples.map((sample) => ({ ...sample, ...asked, windows: [[1, 2]] }))
    writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'))
    scene = { ...made, data }
  })

  it('scores the replies of all rounds as the embedded engine does, in each family and mode', async () => {
    const checkpoints = [fixture('qwen2.5-vl'), fixture('qwen2-vl'), join(root, 'checkpoints/shapes-base')]
    const cases = [...checkpoints, withForgetful(fixture('qwen2.5-vl'))].flatMap((checkpoint) =>
      conversationModes.map((mode) => [checkpoint, mode] as const),
    )
    const found = await Effect.runPromise(scored(cases))
    for (const [at, { embedded, transformers, videos, texts }] of found.entries()) {
      const [checkpoint, mode] = cases[at]!
      expect(transformers).toHaveLength(3)
      for (const [round, sum] of embedded.entries())
        expect(transformers[round], `${checkpoint} ${mode} ${round}`).toBeCloseTo(sum, 3)
      const each = checkpoint.endsWith('shapes-base') ? [1, 1, 1] : mode === 'fresh' ? [3, 3, 3] : [3, 2, 1]
      const so = each.map((_, round) => each.slice(0, round + 1).reduce((sum, count) => sum + count))
      expect(videos).toEqual(mode === 'fresh' ? each : so)
      // The reasoning of the first reply, where the template keeps it.
      expect(texts[1]!.includes('Not yet.')).toBe(mode === 'growing' && at < 2 * checkpoints.length)
    }
  }, 240_000)

  it('takes GRPO steps of Qwen2.5-VL, whose loss sees what was sampled from', async () => {
    const seek = ['--set', 'seek={"rounds":2,"frames":3}', '--set', 'sampling.maxTokens=8']
    const model = ['--model', fixture('qwen2.5-vl')]
    const { code, out, err } = await train(scene, python, 'curriculum', 'grpo', ...seek, ...model).done
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ steps: 3, planned: 3 })
    const figures = Object.assign({}, ...servedIn(scene, 'grpo').map(({ event }) => event?.figures ?? {}))
    expect(figures.sampler_loss_max).toBeLessThan(1e-4)
    expect(metricsIn(scene, 'grpo').map(({ step }) => step)).toEqual([0, 1, 2])
  }, 240_000)

  it.each(conversationModes)(
    'learns the right reply to each round with the loss of the embedded engine (%s)',
    async (mode) => {
      const seek = ['--set', `seek=${JSON.stringify({ rounds: 3, frames: 2, start: 'uniform', mode })}`]
      const words = [...seek, '--model', fixture('qwen2.5-vl')]
      const { code, err } = await train(scene, python, 'sft', `sft-${mode}`, ...words).done
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
      const run = join(scene.root, `embedded-${mode}`)
      const embedded = await Effect.runPromise(
        spanwise(
          scene.root,
          ...['train', 'sft', '--device', 'cpu', '--threads', '1', '--data', scene.data],
          ...['--videos', scene.videos, '--run', run, '--steps', '1', '--set', 'batch=4', ...words, '--json'],
        ),
      )
      expect({ code: embedded.code, err: embedded.code === 0 ? '' : embedded.err }).toEqual({
        code: 0,
        err: '',
      })
      const row = z
        .object({ loss: z.number(), tokens: z.number() })
        .parse(JSON.parse(readFileSync(join(run, 'metrics.jsonl'), 'utf8')))
      expect(metricsIn(scene, `sft-${mode}`)[0]!.loss).toBeCloseTo(row.loss, 4)
      // Not the answers alone, but requests before them.
      expect(row.tokens).toBeGreaterThan(4 * 30)
    },
    240_000,
  )
})
