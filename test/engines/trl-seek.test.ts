import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Effect } from 'effect'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { layoutOf, proceed, requestText } from '../../agents/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { localEngine } from '../../engine/index.ts'
import { checkpointProfile } from '../../models/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import { clipViews, grpoSchema, openRunFolder, rulesOf, seekSource } from '../../trainer/index.ts'
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
const side = 56
const { info } = grayClip(10)
const clip: Clip = {
  ...{ ...grayClip(10), fps: 1, width: side, height: side, info: { ...info, duration: 10 } },
  times: Float64Array.from({ length: 10 }, (_, second) => second),
  rgb: new Uint8Array(10 * side * side * 3).map((_, at) => (at * at) % 251),
}
const asked = { task: 'choice', options: ['a circle', 'a square', 'nothing'], answer: 'A' }
const item = stubItems(1).map((one) => ({ ...one, sample: { ...one.sample, ...asked } }))[0]!

/** Sums of the log-probabilities of the replies of one conversation, by the embedded engine and by transformers. */
const scored = Effect.fnUntraced(function* (checkpoint: string) {
  const preprocessing = yield* readPreprocessing(checkpoint)
  const profile = yield* checkpointProfile(preprocessing)
  const shown = {
    layout: layoutOf(profile, { kind: 'pixels' }),
    framesPerToken: profile.view.framesPerToken,
  }
  const options = grpoSchema.parse({
    ...{ learningRate: 1, sampling: { maxTokens: 8 }, prompts: 1, group: 2 },
    seek: { frames: 3, rounds: 3, start: 'uniform' },
  })
  const seek = options.seek!
  const source = seekSource({
    ...{ preprocessing, clip: () => Effect.succeed(clip), settings: seek, enable: null, ...shown },
    style: { dialect: 'general', think: false },
  })
  const { conversation } = yield* source.begin(item, options.seed, 0, 0)
  const replies = [requestText([4, 9], conversation.rounds[0]!.shown.slice(0, 2)), '<answer>B</answer>']
  const next = proceed(conversation, { text: replies[0]! }, rulesOf(seek))
  if (next.kind === 'end') throw new Error(`the request is not granted: ${next.ending}`)
  const engine = yield* localEngine({ checkpoint, device: 'cpu', threads: 1 })
  const states = [
    { conversation, replies: [] },
    { conversation: next.conversation, replies: replies.slice(0, 1) },
  ]
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
  const url = yield* serveTraining(service, { version: '0' })
  const { stdout } = yield* Effect.promise(() =>
    execute(python, [join(root, 'engines/trl/tests/score_worker.py'), url, item.key, ...replies], {
      env: { ...process.env, PYTHONPATH: join(root, 'engines/trl/src'), OMP_NUM_THREADS: '1' },
    }),
  )
  return {
    layout: shown.layout,
    embedded: said.map(([logProbs]) => logProbs!.reduce((sum, value) => sum + value, 0)),
    transformers: stdout.trim().split('\n').map(Number),
  }
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

  it.each(['qwen2.5-vl', 'qwen2-vl'])(
    'scores the replies of both rounds as the embedded engine does (%s)',
    async (name) => {
      const { layout, embedded, transformers } = await Effect.runPromise(scored(fixture(name)))
      expect(layout).toBe('single')
      expect(transformers).toHaveLength(2)
      for (const [round, sum] of embedded.entries()) expect(transformers[round]).toBeCloseTo(sum, 3)
    },
    240_000,
  )

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

  it('learns the right reply to each round with the loss of the embedded engine', async () => {
    const seek = ['--set', 'seek={"rounds":3,"frames":2,"start":"uniform"}']
    const model = ['--model', fixture('qwen2.5-vl')]
    const { code, err } = await train(scene, python, 'sft', 'sft', ...seek, ...model).done
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    const embedded = await Effect.runPromise(
      spanwise(
        scene.root,
        ...[
          'train',
          'sft',
          '--device',
          'cpu',
          '--threads',
          '1',
          '--data',
          scene.data,
          '--videos',
          scene.videos,
        ],
        ...[
          '--run',
          join(scene.root, 'embedded'),
          '--steps',
          '1',
          '--set',
          'batch=4',
          ...seek,
          ...model,
          '--json',
        ],
      ),
    )
    expect({ code: embedded.code, err: embedded.code === 0 ? '' : embedded.err }).toEqual({
      code: 0,
      err: '',
    })
    const row = z
      .object({ loss: z.number(), tokens: z.number() })
      .parse(JSON.parse(readFileSync(join(scene.root, 'embedded', 'metrics.jsonl'), 'utf8')))
    expect(metricsIn(scene, 'sft')[0]!.loss).toBeCloseTo(row.loss, 4)
    // Not the answers alone, but requests before them.
    expect(row.tokens).toBeGreaterThan(4 * 30)
  }, 240_000)
})
