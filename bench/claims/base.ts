/**
 * Makes the checkpoint that the study starts from: one epoch of supervised fine-tuning of the shipped one at a falling
 * rate, on complete annotations of easy and medium scenes of a world of its own. Its answers are sharp, and it has seen
 * no more of the hard grade than the shipped one had.
 *
 *   node bench/claims/base.ts [--from checkpoints/shapes-base] [--out runs/claims-base] [--videos 1500] [--threads 2]
 */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as NodeRuntime from '@effect/platform-node/NodeRuntime'
import * as NodeServices from '@effect/platform-node/NodeServices'
import { Effect, Layer } from 'effect'
import { displayLayer } from '../../cli/display.ts'
import { defaultWorldSettings, writeWorld } from '../../datasets/shapes/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { writeWhole } from '../../files/index.ts'
import { trueSamples } from '../../lab/world.ts'
import { runSft } from '../../pipelines/train.ts'
import { Videos } from '../../video/index.ts'

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: 'checkpoints/shapes-base' },
    out: { type: 'string', default: 'runs/claims-base' },
    videos: { type: 'string', default: '1500' },
    'learning-rate': { type: 'string', default: '2e-4' },
    threads: { type: 'string', default: '2' },
  },
})
const threads = Number(values.threads)
const world = join(values.out, 'world')

const program = Effect.gen(function* () {
  yield* writeWorld(world, {
    ...defaultWorldSettings,
    ...{ seed: 77, partial: 0, grades: { easy: 1, medium: 1, hard: 0 } },
    splits: [{ split: 'train', videos: Number(values.videos) }],
  })
  const samples = yield* trueSamples(world, 'train')
  const data = join(values.out, 'train.jsonl')
  yield* writeWhole(data, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
  const outcome = yield* runSft({
    ...{ model: values.from, data, videos: join(world, 'videos'), run: join(values.out, 'run') },
    settings: {
      ...{ seed: 1, batch: 16, schedule: 'cosine', warmup: 5, checkpointEvery: 20, keepCheckpoints: 1 },
      learningRate: Number(values['learning-rate']),
    },
  }).pipe(
    Effect.provide(engineLayer({ checkpoint: values.from, device: 'cpu', threads, purpose: 'training' })),
  )
  cpSync(outcome.model, join(values.out, 'checkpoint'), { recursive: true })
})

program.pipe(
  Effect.provide(Layer.mergeAll(Videos.layer({ workers: threads }), displayLayer, NodeServices.layer)),
  NodeRuntime.runMain,
)
