/**
 * What curation and the curriculum are worth: every claim of VideoTG-R1's abstract, tested on the shapes world.
 *
 *   node bench/claims/run.ts --checkpoint DIR [--run DIR] [--seeds 1,2,3,4,5] [--seed 1] [--arms deciding,random-sft]
 *     [--threads 1] [--jobs 2] [--minutes 10 [--short]] [--temperature 0.6]
 *
 * Arms are named one by one or by group: deciding, supervised, further, schedules (`arms.ts`). Each (arm, seed) is a
 * process of its own and one line of DIR/results.jsonl, written when it is done; a run that was stopped goes on where it
 * was, also in the middle of a long training. `--minutes` stops it by itself.
 * `node bench/claims/report.ts DIR` prints the tables, `bench/claims/base.ts` makes a base with sharp answers.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import * as NodeRuntime from '@effect/platform-node/NodeRuntime'
import * as NodeServices from '@effect/platform-node/NodeServices'
import { Effect, Layer } from 'effect'
import { displayLayer } from '../../cli/display.ts'
import { writeWorld } from '../../datasets/shapes/index.ts'
import { makeFolders, readRows } from '../../files/index.ts'
import { Videos } from '../../video/index.ts'
import { arms, deciding, further, groups, seedsOf, supervised } from './arms.ts'
import { type Job, nameOf, work } from './jobs.ts'
import { writeAnnotations, writePool, writeQueries } from './pool.ts'
import { foldCost, result } from './rows.ts'
import { placesOf, type Study, worldOf } from './study.ts'

const { values } = parseArgs({
  options: {
    checkpoint: { type: 'string', default: 'checkpoints/shapes-base' },
    run: { type: 'string', default: 'runs/claims' },
    videos: { type: 'string', default: '3000' },
    validation: { type: 'string', default: '300' },
    prompts: { type: 'string', default: '16' },
    'learning-rate': { type: 'string', default: '1e-4' },
    'sft-learning-rate': { type: 'string', default: '1e-4' },
    temperature: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    seed: { type: 'string' },
    arms: { type: 'string', default: 'deciding' },
    threads: { type: 'string', default: '1' },
    /** Threads of the training on everything by GRPO, and by supervised fine-tuning. */
    'long-threads': { type: 'string' },
    'sft-threads': { type: 'string' },
    jobs: { type: 'string' },
    minutes: { type: 'string', default: 'Infinity' },
    /** Measure what is trained by the end of the time, instead of leaving it to the next start. */
    short: { type: 'boolean', default: false },
    deadline: { type: 'string', default: 'Infinity' },
    /** One job, as this script starts it. */
    job: { type: 'string' },
  },
})
const threads = Number(values.threads)
const longThreads = Number(values['long-threads'] ?? threads)
const slots = Number(values.jobs ?? Math.max(1, Math.floor(availableParallelism() / threads))) * threads
const study: Study = {
  run: values.run,
  checkpoint: values.checkpoint,
  trainVideos: Number(values.videos),
  validationVideos: Number(values.validation),
  prompts: Number(values.prompts),
  learningRate: Number(values['learning-rate']),
  sftLearningRate: Number(values['sft-learning-rate']),
  temperature: Number(values.temperature),
  threads,
  deadline: Number(values.deadline),
}
const places = placesOf(study)
const began = performance.now()
const minutes = () => (performance.now() - began) / 60_000
const say = (text: string) => console.error(`${minutes().toFixed(2).padStart(6)} min  ${text}`)

/** The trainings on everything may have more threads than the others. */
const threadsOf = (job: Job): number =>
  job.kind !== 'arm'
    ? threads
    : job.arm === 'all'
      ? longThreads
      : job.arm === 'all-sft'
        ? Number(values['sft-threads'] ?? threads)
        : threads

/** What decides the claims is run first: three seeds of it, then two of everything else, then the remaining seeds. */
const urgency = (arm: string, place: number): number => {
  if (arm in deciding) return place < 3 ? place : 10 + place
  if (arm in supervised) return 2.5 + place
  return arm in further ? (place < 2 ? 3 + place : 20) : place < 2 ? 5 + place : 21
}

/** Which jobs are done, by their results. */
const doneJobs = async (): Promise<(job: Job) => boolean> => {
  const results = await Effect.runPromise(readRows(places.results, result))
  const costs = await Effect.runPromise(readRows(places.costs, foldCost))
  return (job) => {
    switch (job.kind) {
      case 'base':
        return results.some(({ arm }) => arm === 'base')
      case 'mechanism':
        return existsSync(places.mechanism)
      case 'arm':
        return results.some(({ arm, seed }) => arm === job.arm && seed === job.seed)
      default:
        return costs.some(({ kind, fold }) => kind === job.kind && fold === job.fold)
    }
  }
}

/** Runs a job in a process of its own; resolves to its exit code. */
const start = (job: Job) => {
  const deadline = values.short
    ? String(Date.now() + (Number(values.minutes) - minutes()) * 60_000)
    : 'Infinity'
  const { short: _, ...others } = values
  const given = { ...others, deadline, threads: String(threadsOf(job)), job: JSON.stringify(job) }
  const words = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  )
  const child = spawn(process.execPath, [import.meta.filename, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-2000)
  })
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
  return { child, ended: ended.then((code) => ({ code, said })) }
}

/** Runs jobs, at most as many threads at a time as there are, in order; stops all at the end of the time. */
const runJobs = async (
  list: ReadonlyArray<Job>,
  curation: ReadonlyArray<Job>,
  judged: () => Promise<void>,
): Promise<void> => {
  let ready = existsSync(places.pool)
  const isDone = await doneJobs()
  const waiting = list.filter((job) => !isDone(job))
  const running = new Map<string, ReturnType<typeof start>>()
  let free = slots
  const limit = Number(values.minutes)
  while (waiting.length > 0 || running.size > 0) {
    if (!ready && curation.length > 0 && curation.every(await doneJobs())) {
      await judged()
      ready = true
      say('the annotations are judged')
    }
    for (let i = 0; i < waiting.length && minutes() < limit; ) {
      const job = waiting[i]!
      const needs = Math.min(threadsOf(job), slots)
      const blocked = job.kind === 'arm' && arms[job.arm]!.data.from === 'verdicts' && !ready
      if (blocked || needs > free) {
        i++
        continue
      }
      waiting.splice(i, 1)
      free -= needs
      const name = nameOf(job)
      const from = minutes()
      const started = start(job)
      running.set(name, started)
      started.ended.then(({ code, said }) => {
        running.delete(name)
        free += needs
        say(
          `${name}: ${code === 0 ? 'done' : `exit ${code}\n${said}`} in ${((minutes() - from) * 60).toFixed(0)} s`,
        )
      })
    }
    if (minutes() >= limit) {
      for (const { child } of running.values()) child.kill('SIGINT')
      await Promise.all([...running.values()].map(({ ended }) => ended))
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const seeds = (values.seed ?? values.seeds).split(',').map(Number)
const chosen = values.arms
  .split(',')
  .flatMap((name) => (name in groups ? Object.keys(groups[name as keyof typeof groups]) : [name]))

const program = Effect.gen(function* () {
  makeFolders(study.run)
  yield* writeWorld(places.world, worldOf(study))
  say('the world is rendered')
  yield* writeQueries(study)
  const rows = yield* writeAnnotations(study)
  const foldSize = Math.ceil(rows.length / Math.max(2, slots))
  const folds = Array.from({ length: Math.ceil(rows.length / foldSize) }, (_, fold) => fold)
  const judges = chosen.some((arm) => arms[arm]!.data.from === 'verdicts') && !existsSync(places.pool)
  const curation = (judges ? (['bra', 'dea'] as const) : []).flatMap((kind) =>
    folds.map((fold): Job => ({ kind, fold, foldSize })),
  )
  const trainings = chosen
    .flatMap((arm) => seeds.slice(0, seedsOf(arm)).map((seed, place) => ({ arm, seed, place })))
    .toSorted((a, b) => urgency(a.arm, a.place) - urgency(b.arm, b.place))
    .map(({ arm, seed }): Job => ({ kind: 'arm', arm, seed }))
  const long = (one: Job) => one.kind === 'arm' && (one.arm === 'all' || one.arm === 'all-sft')
  const order: ReadonlyArray<Job> = [
    ...trainings.filter(long),
    ...curation,
    { kind: 'base' },
    { kind: 'mechanism' },
    ...trainings.filter((one) => !long(one)),
  ]
  yield* Effect.promise(() =>
    runJobs(order, curation, () => Effect.runPromise(Effect.asVoid(writePool(study, rows)))),
  )
  const isDone = yield* Effect.promise(doneJobs)
  const left = order.filter((job) => !isDone(job))
  say(left.length === 0 ? 'all done' : `${left.length} jobs are left: run the same command again`)
  process.exitCode = left.length === 0 ? 0 : 3
})

const job = values.job === undefined ? null : (JSON.parse(values.job) as Job)
const services = Layer.mergeAll(
  Videos.layer({ workers: job === null ? slots : threads }),
  displayLayer,
  NodeServices.layer,
)
;(job === null ? program : work(study, job)).pipe(Effect.provide(services), NodeRuntime.runMain)
