import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { Clock, Effect, Layer, type Scope, Semaphore, Stream } from 'effect'
import { z } from 'zod'
import { InputError, shellQuote } from '../../core/index.ts'
import type { Ended, Executor, ExecutorSettings, FoldTask } from './executor.ts'
import { executorOptions } from './options.ts'
import { appendLog, lastOf } from './process.ts'
import type { RayJob } from './ray-jobs.ts'

const rayOptions = z.strictObject({
  /** URL of the dashboard; RAY_API_SERVER_ADDRESS, as for Ray's own client, or the local one by default. */
  address: z.url().optional(),
  /** Names of environment variables to pass to jobs, separated by commas. Ray shows their values in its dashboard. */
  env: z.string().default(''),
  /** Custom resources of each fold, e.g. `resources.a100=1`. */
  resources: z.record(z.string(), z.number().positive()).default({}),
  /** Seconds that the head may be unreachable before the run is given up. */
  patience: z.number().min(0).default(120),
})

/** A valid name for Ray; the hash distinguishes two folders of the same name. */
export const runName = (run: string): string =>
  `${basename(run).replaceAll(/[^A-Za-z0-9_-]+/g, '-')}-${createHash('sha256').update(run).digest('hex').slice(0, 8)}`

/** How a job ended, or null while it runs. No exit code means that Ray lost it: its machine or supervisor died. */
export const endOf = (job: RayJob | null): Pick<Ended, 'end' | 'code' | 'detail'> | null => {
  if (job === null) return { end: 'lost', code: null, detail: 'the cluster no longer has the job' }
  const code = job.driver_exit_code ?? null
  const detail = lastOf(job.message ?? '')
  switch (job.status) {
    case 'PENDING':
    case 'RUNNING':
      return null
    case 'SUCCEEDED':
      return { end: 'exited', code: 0, detail }
    case 'STOPPED':
      return { end: 'cancelled', code: null, detail: 'stopped through Ray' }
    case 'FAILED':
      // A negative code is a signal's, as in Python's subprocess.
      return code === null || code < 0 ? { end: 'lost', code: null, detail } : { end: 'exited', code, detail }
  }
}

/** Milliseconds between two readings of a job's log. */
const logEvery = 10_000

/**
 * Folds as jobs of a Ray cluster (Ray Jobs REST API), at most `workers` submitted at a time (default 8): a job that waits
 * longer than Ray's own 15 minutes for its resources fails there. Needs the run's folder, the videos and Spanwise on a
 * file system that every node sees. A job of an earlier start that still runs is resumed, not duplicated.
 */
export const makeRay = Effect.fn('Executors.ray')(function* ({
  run,
  cwd,
  workers = 8,
  resources,
  poll = 2000,
  options,
}: ExecutorSettings) {
  const { address, env, resources: custom, patience } = yield* executorOptions('ray', rayOptions, options)
  const names = env.split(',').filter((name) => name !== '')
  const absent = names.find((name) => process.env[name] === undefined)
  if (absent !== undefined)
    return yield* new InputError({
      subject: `ray option env`,
      problem: `${absent} is not set`,
      remedy: 'export it, or omit it',
    })
  // Imported only here, because loading HTTP clients slows every other start.
  const [NodeHttpClient, { rayJobs }] = yield* Effect.promise(() =>
    Promise.all([import('@effect/platform-node/NodeHttpClient'), import('./ray-jobs.ts')]),
  )
  // Not fetch: its headers look like a browser's, from which Ray accepts no POST.
  const http = yield* Layer.build(NodeHttpClient.layerUndici)
  const jobs = yield* rayJobs({
    address: address ?? process.env.RAY_API_SERVER_ADDRESS ?? 'http://127.0.0.1:8265',
    token: process.env.RAY_AUTH_TOKEN,
    patience: patience * 1000,
    pause: poll,
  }).pipe(Effect.provide(http))
  const slots = yield* Semaphore.make(workers)
  const prefix = runName(run)

  /** The job of an earlier start that still runs, or a new one under the next free name. */
  const begin = Effect.fnUntraced(function* (task: FoldTask) {
    for (let number = 1; ; number++) {
      const id = `${prefix}-${task.name}-${number}`
      const there = yield* jobs.get(id)
      if (there !== null && endOf(there) !== null) continue
      if (there === null)
        yield* jobs.submit({
          submission_id: id,
          entrypoint: `cd ${shellQuote([cwd])} && exec ${shellQuote(task.command)}`,
          runtime_env: { env_vars: Object.fromEntries(names.map((name) => [name, process.env[name]!])) },
          metadata: { run, fold: String(task.fold) },
          entrypoint_num_cpus: resources.cpus,
          entrypoint_num_gpus: resources.gpus,
          entrypoint_memory: resources.memory,
          entrypoint_resources: custom,
        })
      return id
    }
  })

  const follow = Effect.fnUntraced(function* (task: FoldTask, id: string) {
    let logged = 0
    let readAt = 0
    const readLog = Effect.gen(function* () {
      const text = yield* jobs.logs(id)
      if (text === null || text.length <= logged) return
      const news = text.slice(logged)
      logged = text.length
      yield* appendLog(task.log, news)
    })
    for (;;) {
      yield* Effect.sleep(poll)
      const end = endOf(yield* jobs.get(id))
      const now = yield* Clock.currentTimeMillis
      if (end !== null || now - readAt >= logEvery) {
        yield* readLog
        readAt = now
      }
      if (end !== null) return end
    }
  })

  const attemptOf = Effect.fnUntraced(function* (task: FoldTask, attempt: number) {
    const id = yield* begin(task)
    const end = yield* follow(task, id).pipe(
      Effect.onInterrupt(() => Effect.ignore(Effect.timeout(jobs.stop(id), '3 seconds'))),
    )
    return { task, attempt, ...end, detail: `${end.detail} (job ${id})` } satisfies Ended
  })
  const submit: Executor['submit'] = (tasks, attempt) =>
    Stream.fromIterable(tasks).pipe(
      Stream.mapEffect((task) => slots.withPermits(1)(attemptOf(task, attempt)), {
        concurrency: 'unbounded',
        unordered: true,
      }),
    )
  return { name: 'ray', submit }
}) satisfies (settings: ExecutorSettings) => Effect.Effect<Executor, InputError, Scope.Scope>
