/**
 * Does a curated tenth teach as much as everything? Trains the shipped checkpoint on the shapes world with several
 * selections, over several seeds, and measures mIoU on videos no training saw, against the world's truth.
 *
 *   node bench/data-efficiency/run.ts --checkpoint checkpoints/shapes-base [--steps 40] [--seeds 3] [--arms a,b] [--run DIR]
 *
 * Arms: full (GRPO on every annotation), random (GRPO on a random tenth), curated (GRPO on the curated tenth), mask
 * (the same with the mask schedule: curriculum GRPO), sft (supervised on every annotation). Equal steps for all, so
 * equal updates; the cost of curation is stated beside. Finished arms are kept in DIR and not run again.
 */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { NodeRuntime, NodeServices } from '@effect/platform-node'
import { Clock, Effect, Layer } from 'effect'
import { displayLayer } from '../../cli/display.ts'
import { deviation, mean } from '../../core/index.ts'
import { defaultWorldSettings, writeWorld } from '../../datasets/shapes/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { evaluate, lookupSuite } from '../../eval/index.ts'
import { makeFolders } from '../../files/index.ts'
import { trueSamples } from '../../lab/world.ts'
import { layerEmbedded } from '../../models/index.ts'
import { runBra } from '../../pipelines/bra.ts'
import { runCurate } from '../../pipelines/curate.ts'
import { runDea } from '../../pipelines/dea.ts'
import { answer } from '../../pipelines/eval.ts'
import { runCurriculum, runSft } from '../../pipelines/train.ts'
import type { Predictions } from '../../tasks/index.ts'
import { Videos } from '../../video/index.ts'

const { values } = parseArgs({
  options: {
    checkpoint: { type: 'string', default: 'checkpoints/shapes-base' },
    run: { type: 'string', default: 'runs/data-efficiency' },
    videos: { type: 'string', default: '300' },
    validation: { type: 'string', default: '100' },
    share: { type: 'string', default: '0.1' },
    steps: { type: 'string', default: '40' },
    prompts: { type: 'string', default: '16' },
    'learning-rate': { type: 'string', default: '1e-4' },
    seeds: { type: 'string', default: '3' },
    arms: { type: 'string', default: 'mask,random,curated,full,sft' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})
const [videos, validation, steps, prompts, seeds, threads] = [
  values.videos,
  values.validation,
  values.steps,
  values.prompts,
  values.seeds,
  values.threads,
].map(Number) as [number, number, number, number, number, number]
const engine = { checkpoint: values.checkpoint, device: 'cpu' as const, threads }
const asking = (checkpoint: string) =>
  layerEmbedded(checkpoint).pipe(Layer.provideMerge(engineLayer({ ...engine, checkpoint })))

interface Result {
  readonly arm: string
  readonly seed: number
  readonly samples: number
  readonly seconds: number
  /** IoU of each validation query, in order. */
  readonly ious: ReadonlyArray<number>
  /** Set IoU of each validation query, in order. */
  readonly setIous: ReadonlyArray<number>
}

const program = Effect.gen(function* () {
  const world = join(values.run, 'world')
  const folder = join(world, 'videos')
  const curation = join(values.run, 'curation')
  yield* writeWorld(world, {
    ...defaultWorldSettings,
    seed: 7,
    splits: [
      { split: 'train', videos },
      { split: 'valid', videos: validation },
    ],
  })
  const valid = yield* trueSamples(world, 'valid')
  const suite = yield* lookupSuite('shapes')
  const scored = (predictions: Predictions) => {
    const { columns } = evaluate(suite, valid, predictions, { bootstrap: null })
    const column = (metric: string) => Array.from(columns.find((one) => one.metric === metric)?.values ?? [])
    return { ious: column('mIoU'), setIous: column('msIoU') }
  }
  const measure = (checkpoint: string) =>
    answer(valid, {
      videos: folder,
      root: join(values.run, 'eval'),
    }).pipe(
      Effect.map(({ predictions }) => scored(predictions)),
      Effect.provide(asking(checkpoint)),
    )
  const kept = Effect.fnUntraced(function* <E, R>(
    arm: string,
    seed: number,
    work: Effect.Effect<Result, E, R>,
  ) {
    const file = join(values.run, 'results', `${arm}-${seed}.json`)
    if (existsSync(file)) return JSON.parse(yield* Effect.promise(() => readFile(file, 'utf8'))) as Result
    const result = yield* work
    yield* Effect.promise(async () => {
      makeFolders(join(values.run, 'results'))
      await writeFile(file, JSON.stringify(result))
    })
    return result
  })
  const since = Effect.fnUntraced(function* (from: number) {
    return ((yield* Clock.currentTimeMillis) - from) / 1000
  })

  const base = yield* kept(
    'base',
    0,
    measure(values.checkpoint).pipe(
      Effect.map((scores) => ({ arm: 'base', seed: 0, samples: 0, seconds: 0, ...scores })),
    ),
  )
  const source = {
    dataset: 'shapes',
    split: 'train',
    annotations: world,
    videos: folder,
    run: curation,
    inFlight: 32,
  }
  const agents = yield* Effect.gen(function* () {
    const bra = yield* runBra({ ...source, settings: { scanSeconds: 2 } })
    const dea = yield* runDea(source)
    return { bra: bra.seconds, dea: dea.seconds, samples: bra.planned }
  }).pipe(Effect.provide(asking(values.checkpoint)))

  const results: Array<Result> = [base]
  for (let seed = 1; seed <= seeds; seed++) {
    const curated = yield* runCurate({
      run: curation,
      out: join(curation, `curated-${seed}`),
      selection: { count: Math.round(Number(values.share) * agents.samples), seed },
    })
    const keepAll = { action: 'keep' as const }
    const random = yield* runCurate({
      run: curation,
      out: join(curation, `random-${seed}`),
      act: keepAll,
      selection: { method: 'random', count: curated.selected, seed },
    })
    const full = yield* runCurate({
      run: curation,
      out: join(curation, 'full'),
      act: keepAll,
      selection: { method: 'random', share: 1, seed: 0 },
    })
    const data = { full, random, curated, mask: curated, sft: full }
    for (const arm of values.arms.split(',') as Array<keyof typeof data>) {
      const common = { seed, steps, checkpointEvery: 0 }
      const grpo = {
        ...common,
        prompts,
        learningRate: Number(values['learning-rate']),
        ...(arm === 'mask' ? {} : { mask: { start: 0 } }),
      }
      const options = {
        model: values.checkpoint,
        data: data[arm].out,
        videos: folder,
        run: join(values.run, 'train', `${arm}-${seed}`),
        settings: arm === 'sft' ? { ...common, batch: 8 * prompts } : grpo,
      }
      results.push(
        yield* kept(
          arm,
          seed,
          Effect.gen(function* () {
            const from = yield* Clock.currentTimeMillis
            const outcome = yield* (arm === 'sft' ? runSft(options) : runCurriculum(options)).pipe(
              Effect.provide(engineLayer(engine)),
            )
            const seconds = yield* since(from)
            return { arm, seed, samples: data[arm].selected, seconds, ...(yield* measure(outcome.model)) }
          }),
        ),
      )
    }
  }
  console.log(report(results, agents))
})

/** Student's t, two-sided 95 %, by degrees of freedom. */
const t95 = [Number.NaN, 12.706, 4.303, 3.182, 2.776, 2.571]

const report = (
  results: ReadonlyArray<Result>,
  agents: { readonly bra: number; readonly dea: number; readonly samples: number },
): string => {
  const [base] = results
  const arms = [...new Set(results.slice(1).map(({ arm }) => arm))]
  const row = (arm: string) => {
    const runs = results.filter((result) => result.arm === arm)
    const gains = runs.map(({ ious }) => mean(ious) - mean(base!.ious))
    const gain = mean(gains)
    const half = ((t95[gains.length - 1] ?? 1.96) * deviation(gains)) / Math.sqrt(gains.length)
    const interval = runs.length < 2 ? '' : ` [${(gain - half).toFixed(4)}, ${(gain + half).toFixed(4)}]`
    const curation = arm === 'curated' || arm === 'mask' ? agents.bra + agents.dea : 0
    return `| ${arm} | ${runs[0]!.samples} | ${runs.length} | ${mean(runs.map(({ ious }) => mean(ious))).toFixed(4)} | ${mean(runs.map(({ setIous }) => mean(setIous))).toFixed(4)} | ${gain.toFixed(4)}${interval} | ${mean(runs.map(({ seconds }) => seconds)).toFixed(0)} + ${curation.toFixed(0)} |`
  }
  return [
    `${agents.samples} training annotations, ${base!.ious.length} validation queries, ${steps} steps of ${prompts} prompts x 8 rollouts, learning rate ${values['learning-rate']}, ${threads} threads.`,
    '',
    '| arm | samples | seeds | mIoU | set IoU | gain over base [95 % t interval over seeds] | seconds: training + curation |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    `| base | 0 | 1 | ${mean(base!.ious).toFixed(4)} | ${mean(base!.setIous).toFixed(4)} | 0 | 0 |`,
    ...arms.map(row),
  ].join('\n')
}

program.pipe(
  Effect.provide(Layer.mergeAll(Videos.layer({ workers: threads }), displayLayer, NodeServices.layer)),
  NodeRuntime.runMain,
)
