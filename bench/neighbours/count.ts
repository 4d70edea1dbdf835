/**
 * What written thoughts and Random Count Sampling are worth in repetition counting, on the shapes world: training videos
 * mostly show few repetitions, validation videos 1 to 12 equally often. Supervised fine-tuning on counts alone against
 * the same on chains of thought (written by a scripted teacher, kept by the reasoning writer), and GRPO on shuffled
 * prompts against GRPO on prompts drawn by count; with the floor that sees no video. The scenes are hard ones (`--grade`):
 * those that pretraining leaves out, so that training has something to add.
 *
 * Run: `node bench/neighbours/count.ts [--model DIR] [--seeds 3] [--sft 100] [--grpo 24] [--threads 2] [--out FILE.json]`.
 * `--first-seed N --seeds 1 --out N.json` runs one seed; `--pool 1.json,2.json,3.json` puts such runs into one table.
 * Each seed has its own world, training and draws; intervals are bootstraps over the videos of all seeds.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Effect } from 'effect'
import { mean, type Sample } from '../../core/index.ts'
import { type EngineOptions, engineLayer } from '../../engine/index.ts'
import { bootstrap, compare, defaultBootstrap, type MetricColumn } from '../../eval/index.ts'
import {
  type Counts,
  majorityCount,
  makeCountingWorld,
  measureCounts,
  rareFrom,
  teachCounts,
} from '../../lab/counting/study.ts'
import { runCurriculum, runSft } from '../../pipelines/train.ts'
import { Videos } from '../../video/index.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(import.meta.dirname, '..', '..', 'checkpoints', 'shapes-base') },
    grade: { type: 'string', default: 'hard' },
    seeds: { type: 'string', default: '3' },
    sft: { type: 'string', default: '100' },
    grpo: { type: 'string', default: '24' },
    train: { type: 'string', default: '300' },
    valid: { type: 'string', default: '144' },
    threads: { type: 'string', default: '2' },
    'first-seed': { type: 'string', default: '1' },
    out: { type: 'string' },
    pool: { type: 'string' },
  },
})
const threads = Number(values.threads)
const engineOf = (checkpoint: string, purpose: 'training' | 'inference'): EngineOptions => ({
  ...{ device: 'cpu', threads, checkpoint, purpose },
})

/** What one arm said of one video. */
interface Answered {
  readonly video: string
  readonly truth: number
  /** Null where no count could be read. */
  readonly count: number | null
}
type Arm = ReadonlyArray<Answered>

const armOf = (seed: number, samples: ReadonlyArray<Sample>, { predictions }: Counts): Arm =>
  samples.map(({ id, video, answer }) => {
    const said = predictions.get(id)?.answer ?? null
    return {
      video: `${seed}/${video}`,
      truth: Number(answer),
      count: said === null || !/^\d+$/.test(said) ? null : Number(said),
    }
  })

const oneSeed = Effect.fnUntraced(function* (home: string, seed: number) {
  const world = yield* makeCountingWorld(join(home, 'world'), {
    ...{ seed, train: Number(values.train), valid: Number(values.valid) },
    grades: { easy: 0, medium: 0, hard: 0, [values.grade]: 1 },
  })
  const { records } = yield* teachCounts(world, join(home, 'cot'), seed, 0.3)
  const common = { data: records!.out, videos: world.videos, engine: { device: 'cpu', threads } } as const
  const measured = (checkpoint: string, think: boolean) =>
    Effect.map(
      measureCounts(
        engineOf(checkpoint, 'inference'),
        world.valid,
        { videos: world.videos, root: join(home, 'eval') },
        think,
      ),
      (counts) => armOf(seed, world.valid, counts),
    )
  const tuned = Effect.fnUntraced(function* (thoughts: boolean) {
    const { model } = yield* runSft({
      ...{ ...common, model: values.model, run: join(home, `sft-${thoughts}`) },
      settings: {
        ...{ seed, steps: Number(values.sft), batch: 16, schedule: 'cosine', warmup: 5 },
        ...{ learningRate: 2e-4, checkpointEvery: 0, thoughts },
      },
    }).pipe(Effect.provide(engineLayer(engineOf(values.model, 'training'))))
    return yield* measured(model, thoughts)
  })
  const rewarded = Effect.fnUntraced(function* (name: string, settings: object) {
    const { model } = yield* runCurriculum({
      ...{ ...common, model: values.model, run: join(home, `grpo-${name}`) },
      settings: {
        ...{
          seed,
          steps: Number(values.grpo),
          prompts: 16,
          group: 8,
          learningRate: 5e-5,
          checkpointEvery: 0,
        },
        ...{ rewards: { count_hybrid: 1 }, ...settings },
      },
    }).pipe(Effect.provide(engineLayer(engineOf(values.model, 'training'))))
    return yield* measured(model, false)
  })
  const counts = { edges: [0, 3, 6, 9] }
  return {
    'majority count (no video)': armOf(seed, world.valid, majorityCount(world.train, world.valid)),
    'base, direct': yield* measured(values.model, false),
    'base, thoughts': yield* measured(values.model, true),
    'SFT on counts': yield* tuned(false),
    'SFT on written thoughts': yield* tuned(true),
    'GRPO, shuffled': yield* rewarded('shuffled', {}),
    'GRPO, drawn by count': yield* rewarded('whole', {
      order: 'random-count',
      counts: { ...counts, subclips: 0 },
    }),
    'GRPO, drawn by count, half of it cut': yield* rewarded('cut', { order: 'random-count', counts }),
  } satisfies { readonly [arm: string]: Arm }
})

/** 1 where the count is right within `limit`; what cannot be read is wrong. */
const within = (arm: Arm, limit: number): MetricColumn => ({
  metric: 'OBO',
  values: Float64Array.from(arm, ({ truth, count }) =>
    count !== null && Math.abs(count - truth) <= limit ? 1 : 0,
  ),
  scale: 100,
})
const rare = (arm: Arm): Arm => arm.filter(({ truth }) => truth >= rareFrom)
const percent = (arm: Arm, limit = 1) => 100 * mean(Array.from(within(arm, limit).values))
const interval = (arm: Arm) => {
  const [ends] = bootstrap(
    [within(arm, 1)],
    arm.map(({ video }) => video),
    defaultBootstrap,
  )
  return ends!
}
const difference = (a: Arm, b: Arm) =>
  compare(
    [within(a, 1)],
    [within(b, 1)],
    a.map(({ video }) => video),
  )[0]!
const text = ([low, high]: readonly [number, number]) => `${low.toFixed(1)} to ${high.toFixed(1)}`

const results: Array<Record<string, Arm>> = []
for (const file of values.pool?.split(',') ?? [])
  results.push(...JSON.parse(await readFile(file, 'utf8')).results)
const seeds = Array.from(
  { length: values.pool === undefined ? Number(values.seeds) : 0 },
  (_, index) => index + Number(values['first-seed']),
)
for (const seed of seeds) {
  const home = await mkdtemp(join(tmpdir(), 'spanwise-count-'))
  const began = performance.now()
  results.push(
    await Effect.runPromise(oneSeed(home, seed).pipe(Effect.provide(Videos.layer({ workers: threads })))),
  )
  console.log(`seed ${seed}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  await rm(home, { recursive: true })
}
const names = Object.keys(results[0]!)
const pooled = new Map(names.map((name) => [name, results.flatMap((one) => one[name]!)]))
const rows = [...pooled].map(([name, arm]) => {
  const read = arm.filter(({ count }) => count !== null)
  return {
    name,
    obo: percent(arm),
    interval: interval(arm),
    perSeed: results.map((one) => percent(one[name]!)),
    exact: percent(arm, 0),
    /** Normalised by the count + 0.1; an answer that cannot be read is 0. */
    mae: mean(arm.map(({ truth, count }) => Math.abs((count ?? 0) - truth) / (truth + 0.1))),
    rareObo: percent(rare(arm)),
    rareInterval: interval(rare(arm)),
    rarePerSeed: results.map((one) => percent(rare(one[name]!))),
    parsed: (100 * read.length) / arm.length,
  }
})
console.log('| arm | OBO | 95 % | by seed | exact | MAE | OBO of 6 to 12 | 95 % | by seed | parsed |')
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const row of rows)
  console.log(
    `| ${row.name} | ${row.obo.toFixed(1)} | ${text(row.interval)} | ${row.perSeed.map((value) => value.toFixed(1)).join(', ')} | ${row.exact.toFixed(1)} | ${row.mae.toFixed(3)} | ${row.rareObo.toFixed(1)} | ${text(row.rareInterval)} | ${row.rarePerSeed.map((value) => value.toFixed(1)).join(', ')} | ${row.parsed.toFixed(1)} % |`,
  )
const pairs = [
  ['OBO: written thoughts over counts', 'SFT on counts', 'SFT on written thoughts', (arm: Arm) => arm],
  ['OBO of 6 to 12: drawn by count over shuffled', 'GRPO, shuffled', 'GRPO, drawn by count', rare],
  [
    'OBO of 6 to 12: the same, half of it cut',
    'GRPO, shuffled',
    'GRPO, drawn by count, half of it cut',
    rare,
  ],
] as const
const differences = pairs.map(([name, a, b, of]) => {
  const { difference: points, interval: ends, p } = difference(of(pooled.get(a)!), of(pooled.get(b)!))
  return { name, points, interval: ends, p }
})
for (const { name, points, interval: ends, p } of differences)
  console.log(`${name}: ${points.toFixed(1)} points (${text(ends)}, p ${p.toFixed(3)})`)
if (values.out !== undefined)
  await writeFile(values.out, `${JSON.stringify({ settings: values, rows, differences, results })}\n`)
