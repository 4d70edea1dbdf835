import { availableParallelism } from 'node:os'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { spanwiseCommand } from '../../core/index.ts'
import { executors } from '../../folds/index.ts'
import { type FoldsSummary, faultOf, runFolds } from '../../pipelines/folds/run.ts'
import { bytes } from '../clips.ts'
import { positive, print, whole } from '../flags.ts'
import { assignments, settingsOf } from '../settings.ts'
import { showPlan } from './plan.ts'
import { foldSettings, foldWords, planFlags, planOptions, started } from './planned.ts'

const names = Object.keys(executors) as ReadonlyArray<keyof typeof executors>

const flags = {
  ...planFlags,
  plan: Flag.Boolean('plan').pipe(
    Flag.withDescription('print the plan without running it, as "folds plan" does'),
    Flag.withDefault(false),
  ),
  executor: Flag.Literals('executor', names).pipe(
    Flag.withDescription('where folds run: this machine (local, default), a Ray cluster or SLURM'),
    Flag.withDefault('local' as const),
  ),
  workers: whole('workers', 'maximum number of concurrent folds; default 1 (local), 8 (ray), all (slurm)', 1),
  cpus: positive(
    'cpus',
    'cores per fold; default: those of this machine divided among the workers (local), else 1',
  ),
  gpus: Flag.Finite('gpus').pipe(
    Flag.withDescription('GPUs per fold, default 0; local sets CUDA_VISIBLE_DEVICES'),
    Flag.filter(
      (value) => value >= 0,
      () => '0 or more',
    ),
    Flag.withDefault(0),
  ),
  askedMemory: bytes('memory', 'memory per fold to request from a scheduler, default 4GiB'),
  attempts: whole('attempts', 'maximum number of attempts for a fold that is lost or fails, default 3', 1),
  option: assignments(
    'option',
    'options of the executor; ray: address=URL, env=NAME,NAME, resources.NAME=1; slurm: any option of sbatch, e.g. partition=gpu',
  ),
}

const lines = (agent: string, run: string, summary: FoldsSummary): ReadonlyArray<string> => [
  `${agent}: ${summary.finished} of ${summary.folds} folds finished in ${summary.seconds.toFixed(1)} s (${summary.before} before this run), ${summary.again} attempts repeated`,
  `${summary.done} of ${summary.planned} samples done: ${summary.kept} kept, ${summary.dropped} flagged, ${summary.failed} failed, ${summary.absent} without video, ${summary.duplicates} duplicates`,
  `next: ${spanwiseCommand('folds', 'merge', '--run', run)}`,
]

const runCommand = (name: 'run' | 'retry', description: string, example: string) =>
  Command.make(
    name,
    flags,
    Effect.fn(function* (input) {
      if (input.plan) return yield* showPlan(name, input)
      const options = yield* planOptions(input)
      const { agent, run } = options
      const workers = Option.getOrUndefined(input.workers)
      const shared = Math.max(1, Math.floor(availableParallelism() / (workers ?? 1)))
      const cpus = Option.getOrElse(input.cpus, () => (input.executor === 'local' ? shared : 1))
      const words = foldWords(name, agent, run, [
        // A fold must not use more cores than it was given.
        ...(Option.isSome(input.threads) ? [] : ['--threads', String(Math.max(1, Math.ceil(cpus)))]),
        ...(name === 'retry' ? ['--retry'] : []),
      ])
      const outcome = yield* runFolds({
        ...options,
        settings: yield* foldSettings(input),
        executor: input.executor,
        execution: {
          ...(workers === undefined ? {} : { workers }),
          resources: {
            ...{ cpus, gpus: input.gpus },
            memory: Option.getOrElse(input.askedMemory, () => 4 * 2 ** 30),
          },
          options: yield* settingsOf(input.option, 'option'),
        },
        command: (fold, size) => started(words(fold, size)),
        attempts: Option.getOrElse(input.attempts, () => 3),
        retry: name === 'retry',
      })
      yield* print(input.json, outcome.summary, lines(agent, run, outcome.summary))
      const fault = faultOf(name, options, outcome)
      if (fault !== null) return yield* fault
    }),
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([
      {
        command: `spanwise folds ${name} --agent bra --dataset shapes --fold-size 100 --workers 2`,
        description: 'on this machine',
      },
      { command: example, description: 'on a cluster; the run folder must be on a shared file system' },
    ]),
  )

export const run = runCommand(
  'run',
  'Run every unfinished fold; run it again after an interruption',
  'spanwise folds run --agent dea --dataset cosmo_cap --executor ray --workers 16 --gpus 1 --option address=http://head:8265',
)
export const retry = runCommand(
  'retry',
  'Process the failed and missing samples of a run again, fold by fold',
  'spanwise folds retry --agent dea --dataset cosmo_cap --executor slurm --gpus 1 --option partition=gpu',
)
