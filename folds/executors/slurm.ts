import { join } from 'node:path'
import { Effect, Stream } from 'effect'
import { z } from 'zod'
import { InputError, shellQuote } from '../../core/index.ts'
import { makeFolder, writeWhole } from '../../files/index.ts'
import type { Ended, Executor, ExecutorSettings, FoldTask, Resources } from './executor.ts'
import { executorOptions } from './options.ts'
import { capture, lastLine, lastOf } from './process.ts'
import {
  type ArrayTask,
  contractTasks,
  endOf,
  readAccount,
  readAccountText,
  readQueue,
} from './slurm-jobs.ts'

/** Line breaks and other control characters, which a line of a script cannot contain. */
const control = /\p{Cc}/u

/** Options of sbatch by their long names, e.g. `partition=gpu`; options that the executor sets itself are refused. */
export const slurmOptions = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .superRefine((options, context) => {
    for (const [name, value] of Object.entries(options)) {
      if (!/^[a-z][a-z0-9-]*$/.test(name))
        context.addIssue({ code: 'custom', path: [name], message: 'is not an option of sbatch' })
      else if (control.test(String(value)))
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'contains a line break or another control character',
        })
    }
    for (const name of ['array', 'output', 'error', 'chdir', 'requeue', 'no-requeue', 'wait', 'parsable'])
      if (name in options)
        context.addIssue({ code: 'custom', path: [name], message: 'is set by Spanwise itself' })
  })

export interface ScriptSettings {
  readonly cwd: string
  /** Folder for what SLURM itself writes. */
  readonly folder: string
  readonly workers: number | undefined
  readonly resources: Resources
  readonly options: z.output<typeof slurmOptions>
}

/** A value quoted for sbatch, which supports quotes and backslashes and treats `#` as the start of a comment. */
const quoted = (value: string | number): string =>
  /^[\w./:,@%+-]+$/.test(String(value)) ? String(value) : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`

const directive = (name: string, value: string | number | boolean): ReadonlyArray<string> =>
  value === false ? [] : [`#SBATCH --${name}${value === true ? '' : `=${quoted(value)}`}`]

/** Where SLURM's own output of an array goes; a `%` in the folder's name is escaped. */
const outputPattern = (folder: string): string => `${folder.replaceAll('%', '%%')}/%A-%a.out`

/**
 * The script of an array: task K runs the command of fold K. Nothing is requeued by SLURM itself: a requeued task would
 * find the lease of its dead predecessor; `drive` waits for that lease, then submits it again.
 */
export const scriptOf = (tasks: ReadonlyArray<FoldTask>, settings: ScriptSettings): string => {
  const { cwd, folder, workers, resources, options } = settings
  const asked = {
    'job-name': `spanwise-${tasks[0]!.name.split('-')[0]}`,
    array: `${contractTasks(tasks.map(({ fold }) => fold))}${workers === undefined ? '' : `%${workers}`}`,
    // Options that no directive can express are arguments of sbatch.
    ...(control.test(folder) ? {} : { output: outputPattern(folder) }),
    'cpus-per-task': Math.ceil(resources.cpus),
    mem: `${Math.ceil(resources.memory / 2 ** 20)}M`,
    ...(resources.gpus === 0 ? {} : { gres: `gpu:${resources.gpus}` }),
    ...options,
    'no-requeue': true,
  }
  return [
    '#!/bin/bash',
    ...Object.entries(asked).flatMap(([name, value]) => directive(name, value)),
    `cd ${shellQuote([cwd])} || exit 1`,
    'case "$SLURM_ARRAY_TASK_ID" in',
    ...tasks.map(
      ({ fold, command, log }) => `  ${fold}) exec ${shellQuote(command)} >> ${shellQuote([log])} 2>&1 ;;`,
    ),
    'esac',
    '',
  ].join('\n')
}

const remedy = 'run this where the commands of SLURM are installed and its controller answers'

/** How tasks are queried: with JSON, or, if SLURM was built without it, from the accounting as text. */
type Look = (job: number) => Effect.Effect<ReadonlyArray<ArrayTask>, InputError>

/** squeue and sacct cut off the list of an array's pending tasks after 64 bytes unless this says otherwise. */
const wholeLists = { SLURM_BITSTR_LEN: '0' }

const run = Effect.fnUntraced(function* (command: ReadonlyArray<string>) {
  const { code, out, err } = yield* capture(command, remedy, wholeLists)
  if (code === 0) return out
  const problem = `fails (${err.trim().split('\n').at(-1) || `exit code ${code}`})`
  return yield* new InputError({ subject: command[0]!, problem, remedy })
})

const parse = <A>(program: string, text: string, read: (json: unknown) => A): Effect.Effect<A, InputError> =>
  Effect.try({
    try: () => read(JSON.parse(text)),
    catch: () =>
      new InputError({
        subject: `${program} --json`,
        problem: 'returned unexpected output',
        remedy: 'report the version of SLURM ("sinfo --version")',
      }),
  })

const accountText: Look = (job) =>
  run([
    ...['sacct', '--allocations', '--parsable2', '--noheader', '--format=JobID,State,ExitCode'],
    ...['--jobs', String(job)],
  ]).pipe(Effect.map(readAccountText))

/** The queue as JSON; what is gone from it after MinJobAge is in the accounting. */
const lookWithJson = (wanted: ReadonlyArray<number>): Look =>
  Effect.fnUntraced(function* (job) {
    const queue = (yield* parse(
      'squeue',
      yield* run(['squeue', '--me', '--states=all', '--json']),
      readQueue,
    )).filter((entry) => entry.job === job)
    if (wanted.every((task) => queue.some((entry) => entry.task === task))) return queue
    const text = yield* run(['sacct', '--json', '--jobs', String(job)])
    const account = yield* parse('sacct', text, readAccount)
    const unclear = account.some(({ state, code }) => state === 'FAILED' && code === null)
    const told = unclear ? yield* accountText(job) : account
    return [...queue, ...told.filter(({ task }) => !queue.some((entry) => entry.task === task))]
  })

/** Whether `squeue --json` works here; asked once, so that which way is taken is known from the start. */
const hasJson = Effect.gen(function* () {
  yield* run(['squeue', '--noheader', '--states=pending'])
  const { code } = yield* capture(['squeue', '--states=pending', '--json'], remedy)
  if (code !== 0)
    yield* Effect.logInfo('squeue does not support --json: tasks are tracked through sacct --parsable2')
  return code === 0
})

/** Consecutive queries that may fail or miss a task before the run is given up: controllers restart, accounting lags. */
const patience = 24

/**
 * Folds as tasks of SLURM job arrays, at most `workers` at a time where given. Needs the run's folder, the videos and
 * Spanwise on a file system that every node sees. The script that was submitted stays in `RUN/slurm`.
 */
export const makeSlurm = Effect.fn('Executors.slurm')(function* (settings: ExecutorSettings) {
  const { run: runFolder, cwd, workers, resources, poll = 5000 } = settings
  const options = yield* executorOptions('slurm', slurmOptions, settings.options)
  const folder = join(runFolder, 'slurm')
  yield* makeFolder(folder)
  yield* makeFolder(join(runFolder, 'logs'))
  const json = yield* hasJson

  const begin = Effect.fnUntraced(function* (tasks: ReadonlyArray<FoldTask>, attempt: number) {
    const name = `${tasks[0]!.name}${tasks.length === 1 ? '' : `-and-${tasks.length - 1}-more`}`
    const script = join(folder, `${name}.${attempt}.sh`)
    yield* writeWhole(script, scriptOf(tasks, { cwd, folder, workers, resources, options }))
    const output = control.test(folder) ? [`--output=${outputPattern(folder)}`] : []
    const out = yield* run(['sbatch', '--parsable', ...output, script])
    // `JOB`, or `JOB;CLUSTER`; a site's own sbatch may print more lines.
    const job = /^(\d+)(?:;.*)?$/m.exec(out)?.[1]
    if (job !== undefined) return Number(job)
    return yield* new InputError({
      subject: 'sbatch --parsable',
      problem: `did not print the number of the job (${lastOf(out)})`,
      remedy: 'report the version of SLURM ("sinfo --version")',
    })
  })

  const follow = (
    tasks: ReadonlyArray<FoldTask>,
    job: number,
    attempt: number,
  ): Stream.Stream<Ended, InputError> => {
    const open = new Map(tasks.map((task) => [task.fold, task]))
    const look = json ? lookWithJson([...open.keys()]) : accountText
    let missed = 0
    const round = Effect.gen(function* () {
      yield* Effect.sleep(poll)
      const seen = yield* Effect.result(look(job))
      const known = seen._tag === 'Success' ? seen.success : []
      const absent = [...open.keys()].find((fold) => !known.some(({ task }) => task === fold))
      missed = absent === undefined ? 0 : missed + 1
      if (missed > patience)
        return yield* seen._tag === 'Failure'
          ? seen.failure
          : new InputError({
              subject: `SLURM job ${job}_${absent}`,
              problem: 'is unknown to squeue and sacct',
              remedy: 'enable accounting or raise MinJobAge, then start again',
            })
      const ended: Array<Ended> = []
      for (const entry of known) {
        const task = open.get(entry.task)
        const end = endOf(entry)
        if (task === undefined || end === null) continue
        open.delete(entry.task)
        const said = end.detail === '' ? yield* lastLine(task.log) : end.detail
        ended.push({ task, attempt, ...end, detail: `${said} (job ${job}_${entry.task})` })
      }
      return ended
    })
    return Stream.unfold(undefined, () =>
      open.size === 0 ? Effect.succeed(undefined) : Effect.map(round, (ended) => [ended, undefined] as const),
    ).pipe(Stream.flatMap(Stream.fromIterable))
  }

  const submit: Executor['submit'] = (tasks, attempt) =>
    Stream.unwrap(
      Effect.acquireRelease(begin(tasks, attempt), (job, exit) =>
        exit._tag === 'Success'
          ? Effect.void
          : Effect.ignore(Effect.timeout(run(['scancel', String(job)]), '3 seconds')),
      ).pipe(Effect.map((job) => follow(tasks, job, attempt))),
    )
  return { name: 'slurm', submit }
}) satisfies (settings: ExecutorSettings) => Effect.Effect<Executor, InputError>
