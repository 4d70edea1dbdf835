import { Cause, Deferred, Effect, Exit, Queue, type Scope } from 'effect'

export interface BatcherOptions<A, B, E> {
  /** Requests with equal keys may share a batch. */
  readonly key: (request: A) => string
  /** The most requests in a batch. */
  readonly max: number
  /** Answers a batch: one result per request, in order. */
  readonly run: (batch: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E>
}

interface Waiting<A, B, E> {
  readonly request: A
  readonly key: string
  readonly answer: Deferred.Deferred<B, E>
  cancelled: boolean
}

/**
 * Combines single requests of many fibers into batches of equal key for a worker that processes one batch at a time.
 * There is no timer: the requests that arrived during the last batch form the next, the longest-waiting request first
 * with all others of its key. An interrupted caller is removed before the batch starts.
 */
export const makeBatcher = Effect.fnUntraced(function* <A, B, E>(
  options: BatcherOptions<A, B, E>,
): Effect.fn.Return<(request: A) => Effect.Effect<B, E>, never, Scope.Scope> {
  const queue = yield* Effect.acquireRelease(Queue.unbounded<Waiting<A, B, E>>(), Queue.shutdown)
  let pending: Array<Waiting<A, B, E>> = []

  const round = Effect.gen(function* () {
    if (pending.length === 0) pending.push(yield* Queue.take(queue))
    // Fibers that are ready to send a request run before the batch is closed.
    yield* Effect.yieldNow
    pending.push(...(yield* Queue.clear(queue)))
    pending = pending.filter((entry) => !entry.cancelled)
    const first = pending[0]
    if (first === undefined) return
    const batch = pending.filter((entry) => entry.key === first.key).slice(0, options.max)
    const taken = new Set(batch)
    pending = pending.filter((entry) => !taken.has(entry))
    const exit = yield* Effect.exit(options.run(batch.map((entry) => entry.request)))
    yield* Effect.forEach(
      batch,
      (entry, index) =>
        Exit.isFailure(exit)
          ? Deferred.failCause(entry.answer, exit.cause)
          : index < exit.value.length
            ? Deferred.succeed(entry.answer, exit.value[index] as B)
            : Deferred.failCause(
                entry.answer,
                Cause.die(new Error('a batch gave fewer results than requests')),
              ),
      { discard: true },
    )
  })
  yield* Effect.forkScoped(Effect.forever(round))

  return Effect.fnUntraced(function* (request: A) {
    const entry: Waiting<A, B, E> = {
      request,
      key: options.key(request),
      answer: yield* Deferred.make<B, E>(),
      cancelled: false,
    }
    yield* Queue.offer(queue, entry)
    return yield* Deferred.await(entry.answer).pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          entry.cancelled = true
        }),
      ),
    )
  })
})
