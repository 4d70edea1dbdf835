/**
 * What frame seeking is worth on the shapes world: multiple-choice questions about clips of 24 to 32 s that 2 to 4 s
 * answer. Five frames a round and at most five rounds, against one round of five random frames, before training, after
 * GRPO on one round, and after GRPO on whole conversations with the same steps; with the floors that see no video.
 *
 * Run: `node bench/neighbours/seek.ts [--model DIR] [--seeds 3] [--steps 40] [--prompts 16] [--out FILE.json]`; `--steps 0`
 * leaves training out. Each seed has its own world, training and draws; intervals are bootstraps over the videos of all
 * seeds.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Effect, Layer } from 'effect'
import { showsEvidence } from '../../agents/index.ts'
import { letter, mean, type Sample } from '../../core/index.ts'
import { defaultWorldSettings, writeWorld } from '../../datasets/shapes/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { bootstrap, compare, defaultBootstrap, type MetricColumn } from '../../eval/index.ts'
import { writeWhole } from '../../files/index.ts'
import { trueSamples } from '../../lab/world.ts'
import { layerEmbedded } from '../../models/index.ts'
import { answerSeeking } from '../../pipelines/eval/seek.ts'
import { answer } from '../../pipelines/eval.ts'
import { runCurriculum } from '../../pipelines/train.ts'
import { Videos } from '../../video/index.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(import.meta.dirname, '..', '..', 'checkpoints', 'shapes-base') },
    seeds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '40' },
    prompts: { type: 'string', default: '16' },
    train: { type: 'string', default: '160' },
    valid: { type: 'string', default: '200' },
    out: { type: 'string' },
  },
})
const limits = { frames: 5, rounds: 5, start: 'random', requests: 'tolerant' } as const
const engine = { device: 'cpu', threads: 2 } as const

/** What one arm did with one question. */
interface Answered {
  readonly video: string
  readonly right: number
  readonly frames: number | null
  readonly rounds: number | null
  /** Whether some frame showed the answer. */
  readonly found: number | null
}
type Arm = ReadonlyArray<Answered>

const asking = (checkpoint: string) =>
  layerEmbedded(checkpoint).pipe(
    Layer.provideMerge(engineLayer({ ...engine, checkpoint, purpose: 'inference' })),
  )

/** Of arms that seek nothing. */
const unseen = { frames: null, rounds: null, found: null } as const

const constant = (seed: number, samples: ReadonlyArray<Sample>, chosen: string): Arm =>
  samples.map((sample) => ({
    video: `${seed}/${sample.video}`,
    right: sample.answer === chosen ? 1 : 0,
    ...unseen,
  }))

const oneSeed = Effect.fnUntraced(function* (home: string, seed: number) {
  const world = join(home, 'world')
  const videos = join(world, 'videos')
  yield* writeWorld(world, {
    ...defaultWorldSettings,
    seed,
    grades: { easy: 1, medium: 1, hard: 0 },
    splits: [
      { split: 'train', videos: 0, seeks: Number(values.train) },
      { split: 'valid', videos: 0, seeks: Number(values.valid) },
    ],
  })
  const train = yield* trueSamples(world, 'train', ['choice'])
  const valid = yield* trueSamples(world, 'valid', ['choice'])
  const data = join(home, 'train.jsonl')
  yield* writeWhole(data, train.map((sample) => `${JSON.stringify(sample)}\n`).join(''))

  const sought = Effect.fnUntraced(function* (rounds: number) {
    const seek = { ...limits, rounds, seed }
    const { predictions, uses } = yield* answerSeeking(valid, { videos, root: join(home, 'eval'), seek })
    return valid.map(({ id, video, answer: truth, windows }): Answered => {
      const use = uses.get(id)!
      const shown = use.rounds.flatMap((round) => round.shown)
      return {
        video: `${seed}/${video}`,
        right: predictions.get(id)?.answer === truth ? 1 : 0,
        ...{ frames: use.frames, rounds: use.rounds.length },
        found: showsEvidence(shown, windows ?? []) ? 1 : 0,
      }
    })
  })
  const trained = Effect.fnUntraced(function* (rounds: number) {
    const { model } = yield* runCurriculum({
      ...{ model: values.model, engine, data, videos, run: join(home, `train-${rounds}`) },
      settings: {
        ...{ seed, steps: Number(values.steps), prompts: Number(values.prompts), checkpointEvery: 0 },
        seek: { ...limits, rounds },
      },
    }).pipe(Effect.provide(engineLayer({ ...engine, checkpoint: values.model, purpose: 'training' })))
    return model
  })

  const base = yield* Effect.gen(function* () {
    const { predictions } = yield* answer(valid, { videos, root: join(home, 'eval') })
    const whole = valid.map(
      ({ id, video, answer: truth }): Answered => ({
        ...unseen,
        video: `${seed}/${video}`,
        right: predictions.get(id)?.answer === truth ? 1 : 0,
      }),
    )
    return { one: yield* sought(1), whole, seek: yield* sought(limits.rounds) }
  }).pipe(Effect.provide(asking(values.model)))
  const counts = Array.from({ length: 4 }, (_, index) =>
    train.reduce((sum, { answer: truth }) => sum + (truth === letter(index) ? 1 : 0), 0),
  )
  const floors: { readonly [arm: string]: Arm } = {
    'first option': constant(seed, valid, 'A'),
    'most frequent option': constant(seed, valid, letter(counts.indexOf(Math.max(...counts)))),
    'base, one round of 5 random frames': base.one,
    'base, whole clip of 32 frames': base.whole,
    'base, seeking': base.seek,
  }
  if (Number(values.steps) === 0) return floors
  const single = yield* trained(1)
  const many = yield* trained(limits.rounds)
  return {
    ...floors,
    'GRPO on one round, one round': yield* sought(1).pipe(Effect.provide(asking(single))),
    'GRPO on conversations, one round': yield* sought(1).pipe(Effect.provide(asking(many))),
    'GRPO on conversations, seeking': yield* sought(limits.rounds).pipe(Effect.provide(asking(many))),
  }
})

const column = (arm: Arm): MetricColumn => ({
  metric: 'accuracy',
  values: Float64Array.from(arm, ({ right }) => right),
  scale: 100,
})
const range = ([low, high]: readonly [number, number]) => `${low.toFixed(1)} to ${high.toFixed(1)}`

const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1)
const results: Array<{ readonly [arm: string]: Arm }> = []
for (const seed of seeds) {
  const home = await mkdtemp(join(tmpdir(), 'spanwise-seek-'))
  const began = performance.now()
  results.push(
    await Effect.runPromise(oneSeed(home, seed).pipe(Effect.provide(Videos.layer({ workers: 2 })))),
  )
  console.log(`seed ${seed}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  await rm(home, { recursive: true })
}
const names = Object.keys(results[0]!)
const pooled = new Map(names.map((name) => [name, results.flatMap((one) => one[name]!)]))
/** One round of five random frames, of the model that was trained on that where any was. */
const control = (pooled.get('GRPO on one round, one round') ??
  pooled.get('base, one round of 5 random frames'))!
const rows = [...pooled].map(([name, arm]) => {
  const videos = arm.map(({ video }) => video)
  const [interval] = bootstrap([column(arm)], videos, defaultBootstrap)
  const [against] = compare([column(control)], [column(arm)], videos)
  const frames = arm.flatMap((one) => one.frames ?? [])
  return {
    name,
    accuracy: 100 * mean(arm.map(({ right }) => right)),
    interval: interval!,
    perSeed: results.map((one) => 100 * mean(one[name]!.map(({ right }) => right))),
    frames: frames.length === 0 ? null : mean(frames),
    rounds: frames.length === 0 ? null : mean(arm.flatMap((one) => one.rounds ?? [])),
    found: frames.length === 0 ? null : 100 * mean(arm.flatMap((one) => one.found ?? [])),
    /** Against the control, points. */
    difference: against!.difference,
    differenceInterval: against!.interval,
  }
})
console.log(
  '| arm | accuracy | 95 % | by seed | against one round | 95 % | answer in view | frames | rounds |',
)
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const row of rows)
  console.log(
    `| ${row.name} | ${row.accuracy.toFixed(1)} | ${range(row.interval)} | ${row.perSeed.map((value) => value.toFixed(1)).join(', ')} | ${row.difference.toFixed(1)} | ${range(row.differenceInterval)} | ${row.found?.toFixed(1) ?? '-'} | ${row.frames?.toFixed(1) ?? '-'} | ${row.rounds?.toFixed(2) ?? '-'} |`,
  )
if (values.out !== undefined)
  await writeFile(values.out, `${JSON.stringify({ settings: values, rows }, null, 2)}\n`)
