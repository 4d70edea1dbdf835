import { parentPort, workerData } from 'node:worker_threads'
import { Cause, Effect, Exit, Queue } from 'effect'
import { EngineError } from '../../core/index.ts'
import type { EngineFailure, EngineOptions, EngineService } from './engine.ts'
import { localEngine } from './local.ts'
import { type Reply, type Request, starting, toPlain } from './protocol.ts'

/** The worker's program: makes the engine of `workerData` and answers requests one after the other until told to close. */
const port = parentPort
if (port === null) throw new Error('engine/worker/thread.ts runs as a worker only')

const answer = (id: number, exit: Exit.Exit<unknown, EngineFailure>): void => {
  if (Exit.isSuccess(exit)) {
    const reply: Reply = { id, value: exit.value }
    port.postMessage(reply)
    return
  }
  const squashed = Cause.squash(exit.cause)
  const failure =
    squashed instanceof Error && '_tag' in squashed
      ? (squashed as EngineFailure)
      : new EngineError({ operation: 'engine worker', problem: String(squashed) })
  const reply: Reply = { id, failure: toPlain(failure) }
  port.postMessage(reply)
}

const perform = (
  engine: EngineService,
  request: Exclude<Request, { call: 'close' }>,
): Effect.Effect<unknown, EngineFailure> => {
  switch (request.call) {
    case 'generate':
      return engine.generate(...request.args)
    case 'score':
      return engine.score(...request.args)
    case 'update':
      return engine.update(...request.args)
    case 'save':
      return engine.save(...request.args)
    case 'snapshot':
      return engine.snapshot(...request.args)
    case 'restore':
      return engine.restore(...request.args)
  }
}

const program = Effect.gen(function* () {
  const requests = yield* Queue.unbounded<Request>()
  port.on('message', (request: Request) => Queue.offerUnsafe(requests, request))
  const made = yield* Effect.exit(localEngine(workerData as EngineOptions))
  answer(starting, Exit.asVoid(made))
  if (Exit.isFailure(made)) return
  for (;;) {
    const request = yield* Queue.take(requests)
    if (request.call === 'close') return
    answer(request.id, yield* Effect.exit(perform(made.value, request)))
  }
}).pipe(Effect.scoped)

await Effect.runPromise(program)
port.close()
