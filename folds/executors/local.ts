import { Effect, Semaphore, Stream } from 'effect'
import { InputError } from '../../core/index.ts'
import type { Ended, Executor, ExecutorSettings, FoldTask } from './executor.ts'
import { lastLine, runLogged } from './process.ts'

/**
 * The devices of each worker: `gpus` consecutive ones of CUDA_VISIBLE_DEVICES, or of 0, 1, 2, ... if it is not
 * set. Null if folds need none.
 */
export const devicesOf = (
  workers: number,
  gpus: number,
  visible: string | undefined,
): ReadonlyArray<string> | InputError | null => {
  if (gpus === 0) return null
  const refuse = (problem: string, remedy: string) => new InputError({ subject: '--gpus', problem, remedy })
  if (!Number.isInteger(gpus))
    return refuse(`${gpus} of a device cannot be assigned`, 'use a whole number, or --executor ray')
  const named = visible?.split(',').filter((name) => name !== '')
  const devices = named ?? Array.from({ length: workers * gpus }, (_, index) => String(index))
  return devices.length < workers * gpus
    ? refuse(
        `${workers} workers with ${gpus} each need ${workers * gpus} devices, CUDA_VISIBLE_DEVICES names ${devices.length}`,
        'lower --workers or --gpus',
      )
    : Array.from({ length: workers }, (_, worker) =>
        devices.slice(worker * gpus, (worker + 1) * gpus).join(','),
      )
}

/** Folds as processes of this machine, `workers` at a time (default 1), each with its own devices. */
export const makeLocal = Effect.fn('Executors.local')(function* ({
  cwd,
  workers = 1,
  resources,
}: ExecutorSettings) {
  const devices = devicesOf(workers, resources.gpus, process.env.CUDA_VISIBLE_DEVICES)
  if (devices instanceof InputError) return yield* devices
  const slots = yield* Semaphore.make(workers)
  const free = Array.from({ length: workers }, (_, worker) => worker)
  const run = Effect.fnUntraced(function* (task: FoldTask, attempt: number, worker: number) {
    const env = { ...process.env, ...(devices === null ? {} : { CUDA_VISIBLE_DEVICES: devices[worker]! }) }
    const { code, signal } = yield* runLogged(task.command, { cwd, log: task.log, env })
    return {
      task,
      attempt,
      end: code === null ? 'lost' : 'exited',
      code,
      detail: signal === null ? yield* lastLine(task.log) : `killed by ${signal}`,
    } satisfies Ended
  })
  const submit: Executor['submit'] = (tasks, attempt) =>
    Stream.fromIterable(tasks).pipe(
      Stream.mapEffect(
        (task) =>
          slots.withPermits(1)(
            Effect.acquireUseRelease(
              Effect.sync(() => free.pop()!),
              (worker) => run(task, attempt, worker),
              (worker) => Effect.sync(() => free.push(worker)),
            ),
          ),
        { concurrency: 'unbounded', unordered: true },
      ),
    )
  return { name: 'local', submit }
}) satisfies (settings: ExecutorSettings) => Effect.Effect<Executor, InputError>
