import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Clock, Effect, Option } from 'effect'
import { engineLayer } from '../../engine/index.ts'
import { appendRows, makeFolders, readRows, writeWholeSync } from '../../files/index.ts'
import { runBra } from '../../pipelines/bra.ts'
import { runDea } from '../../pipelines/dea.ts'
import { runCurriculum, runSft } from '../../pipelines/train.ts'
import { latestCheckpoint, modelOf } from '../../trainer/index.ts'
import { arms } from './arms.ts'
import { choose, trainingLine } from './data.ts'
import { asking, groupRows, measure } from './measure.ts'
import { mechanism } from './mechanism.ts'
import { poolRow, type Result } from './rows.ts'
import { placesOf, type Study } from './study.ts'

/** One process's work. */
export type Job =
  | { readonly kind: 'base' }
  | { readonly kind: 'mechanism' }
  | { readonly kind: 'bra' | 'dea'; readonly fold: number; readonly foldSize: number }
  | { readonly kind: 'arm'; readonly arm: string; readonly seed: number }

export const nameOf = (job: Job): string =>
  job.kind === 'arm' ? `${job.arm}-${job.seed}` : 'fold' in job ? `${job.kind}-${job.fold}` : job.kind

/** Wall-clock seconds, and those of the processor over all threads of this process. */
const timed = Effect.fnUntraced(function* <A, E, R>(work: Effect.Effect<A, E, R>) {
  const from = yield* Clock.currentTimeMillis
  const before = process.cpuUsage()
  const value = yield* work
  const { user, system } = process.cpuUsage(before)
  const seconds = ((yield* Clock.currentTimeMillis) - from) / 1000
  return { value, seconds, cpu: Math.round((user + system) / 1000) / 1000 }
})

const curate = Effect.fn('curate')(function* (study: Study, job: Extract<Job, { kind: 'bra' | 'dea' }>) {
  const { world, videos, curation, costs } = placesOf(study)
  const { kind, fold, foldSize } = job
  const source = {
    ...{ dataset: 'shapes', split: 'train', annotations: world, videos, run: curation },
    ...{ fold, foldSize, inFlight: 32, merge: false },
  }
  const { value, seconds, cpu } = yield* timed(kind === 'bra' ? runBra(source) : runDea(source)).pipe(
    Effect.provide(asking(study.checkpoint, study)),
  )
  yield* appendRows(costs, [{ kind, fold, samples: value.planned, seconds, cpu, threads: study.threads }])
})

const train = Effect.fn('train')(function* (study: Study, name: string, seed: number) {
  const { videos, annotations, pool, results, work } = placesOf(study)
  const arm = arms[name]!
  const folder = join(work, `${name}-${seed}`)
  makeFolders(folder)
  const data = join(folder, 'train.jsonl')
  const chosen = choose(
    yield* readRows(arm.data.from === 'verdicts' ? pool : annotations, poolRow),
    arm.data,
    seed,
  )
  writeWholeSync(data, chosen.map(trainingLine).join(''))
  const common = {
    ...{ seed, checkpointEvery: chosen.length > 2000 ? 20 : 0, keepCheckpoints: 1 },
    learningRate: arm.kind === 'sft' ? study.sftLearningRate : study.learningRate,
  }
  const run = join(folder, 'run')
  const options = {
    ...{ model: study.checkpoint, data, videos, run },
    settings:
      arm.kind === 'sft'
        ? { ...common, batch: study.prompts, ...arm.settings }
        : {
            ...common,
            ...{ prompts: study.prompts, logPrompts: study.prompts },
            sampling: { temperature: study.temperature },
            ...arm.settings,
          },
  }
  const { threads, checkpoint } = study
  // Evaluation and the end of the process take less than this.
  const left = study.deadline - (yield* Clock.currentTimeMillis) - 60_000
  const training = (arm.kind === 'sft' ? runSft(options) : runCurriculum(options)).pipe(
    Effect.provide(engineLayer({ checkpoint, device: 'cpu', threads, purpose: 'training' })),
  )
  const trained = yield* timed(
    Number.isFinite(left) ? Effect.timeoutOption(training, Math.max(1, left)) : Effect.asSome(training),
  )
  const planned = Math.ceil(chosen.length / study.prompts)
  const outcome = Option.getOrElse(trained.value, () => {
    const checkpoint = latestCheckpoint({ file: (...names) => join(run, ...names) })
    return {
      model: modelOf(checkpoint!),
      steps: Number(basename(checkpoint!).replace('step-', '')),
      resumedFrom: 0,
    }
  })
  const measured = yield* timed(measure(study, outcome.model, join(folder, 'eval')))
  const result: Result = {
    ...{ arm: name, seed, samples: chosen.length, steps: outcome.steps, planned, threads },
    partial: chosen.filter(({ row, windows }) => windows.length < row.truth.length).length,
    seconds: { train: trained.seconds, evaluate: measured.seconds },
    cpu: { train: trained.cpu, evaluate: measured.cpu },
    resumedFrom: outcome.resumedFrom,
    ...measured.value,
    groups: arm.kind === 'sft' ? [] : yield* groupRows(study, join(run, 'rollouts.jsonl')),
  }
  yield* appendRows(results, [result])
  rmSync(folder, { recursive: true })
})

export const work = Effect.fn('work')(function* (study: Study, job: Job) {
  switch (job.kind) {
    case 'base': {
      const { value, seconds, cpu } = yield* timed(measure(study, study.checkpoint, join(study.run, 'eval')))
      const none = {
        arm: 'base',
        seed: 0,
        samples: 0,
        partial: 0,
        steps: 0,
        planned: 0,
        threads: study.threads,
      }
      const result: Result = {
        ...none,
        seconds: { train: 0, evaluate: seconds },
        cpu: { train: 0, evaluate: cpu },
        resumedFrom: 0,
        ...value,
        groups: [],
      }
      return yield* appendRows(placesOf(study).results, [result])
    }
    case 'mechanism':
      return yield* mechanism(study)
    case 'bra':
    case 'dea':
      return yield* curate(study, job)
    case 'arm':
      return yield* train(study, job.arm, job.seed)
  }
})
