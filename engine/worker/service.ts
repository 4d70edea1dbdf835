import { Worker } from 'node:worker_threads'
import { Effect, Layer, type Scope } from 'effect'
import { EngineError } from '../../core/index.ts'
import { Engine, type EngineFailure, type EngineOptions, type EngineService } from './engine.ts'
import { localEngine } from './local.ts'
import { type CallName, type Calls, fromPlain, type Reply, starting } from './protocol.ts'

type Pending = (effect: Effect.Effect<never, EngineFailure> | Effect.Effect<unknown>) => void

/** Milliseconds the worker gets to release its sessions before it is ended. */
const patience = 3000

const asEngineError = (failure: EngineFailure): EngineError =>
  failure instanceof EngineError
    ? failure
    : new EngineError({ operation: 'engine', problem: failure.message })

/** An engine in a worker thread, so that computing does not block this one. Ends with the scope. */
export const workerEngine = Effect.fnUntraced(function* (
  options: EngineOptions,
): Effect.fn.Return<EngineService, EngineFailure, Scope.Scope> {
  const pending = new Map<number, Pending>()
  let count = 0
  let gone: EngineError | undefined

  const worker = yield* Effect.acquireRelease(
    Effect.sync(() => new Worker(new URL('./thread.ts', import.meta.url), { workerData: options })),
    (thread) => Effect.promise(() => endWorker(thread, gone !== undefined)),
  )
  const fail = (problem: string) => {
    gone ??= new EngineError({ operation: 'engine worker', problem })
    for (const resume of pending.values()) resume(Effect.fail(gone))
    pending.clear()
  }
  worker.on('message', (reply: Reply) => {
    const resume = pending.get(reply.id)
    pending.delete(reply.id)
    resume?.('value' in reply ? Effect.succeed(reply.value) : Effect.fail(fromPlain(reply.failure)))
  })
  worker.on('error', (cause) => fail(cause instanceof Error ? cause.message : String(cause)))
  worker.on('exit', (code) => fail(`the worker ended (code ${code})`))

  yield* Effect.callback<unknown, EngineFailure>((resume) => {
    pending.set(starting, resume)
  })

  /** Sends a call; an interrupted caller no longer waits, the call itself runs to its end. */
  const ask = <Name extends CallName, Value>(
    call: Name,
    ...args: Parameters<Calls[Name]>
  ): Effect.Effect<Value, EngineFailure> =>
    Effect.callback<Value, EngineFailure>((resume) => {
      if (gone !== undefined) return resume(Effect.fail(gone))
      const id = count++
      pending.set(id, resume as Pending)
      worker.postMessage({ id, call, args })
      return Effect.sync(() => pending.delete(id))
    })
  /** For calls about no file of the user's. */
  const compute = <Name extends 'generate' | 'score' | 'update', Value>(
    call: Name,
    ...args: Parameters<Calls[Name]>
  ): Effect.Effect<Value, EngineError> => ask<Name, Value>(call, ...args).pipe(Effect.mapError(asEngineError))

  return {
    generate: (prompts, sampling) => compute('generate', prompts, sampling),
    score: (groups, temperature) => compute('score', groups, temperature),
    update: (batch) => compute('update', batch),
    save: (folder, type) => ask('save', folder, type),
    snapshot: (file) => ask('snapshot', file),
    restore: (file) => ask('restore', file),
  }
})

/** Asks the worker to close, so that native sessions are released in order; ends it if it does not. */
const endWorker = (worker: Worker, ended: boolean): Promise<void> =>
  ended
    ? Promise.resolve()
    : new Promise((resolve) => {
        const timer = setTimeout(() => {
          worker.terminate().then(() => resolve())
        }, patience)
        worker.once('exit', () => {
          clearTimeout(timer)
          resolve()
        })
        worker.postMessage({ call: 'close' })
      })

/** The engine in a worker thread of its own. Fails with `InputError` for a checkpoint that cannot be read. */
export const engineLayer = (options: EngineOptions): Layer.Layer<Engine, EngineFailure> =>
  Layer.effect(Engine, workerEngine(options))

/** The engine in this thread: for scripts that do nothing else meanwhile. */
export const localEngineLayer = (options: EngineOptions): Layer.Layer<Engine, EngineFailure> =>
  Layer.effect(Engine, localEngine(options))
