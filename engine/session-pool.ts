import { Effect, Exit, Scope } from 'effect'
import type { EngineError } from '../core/index.ts'
import type { Device } from '../graph/onnx/index.ts'
import { Session, type SessionOptions } from './session.ts'

/** Sessions made when first asked for and kept for the next time. */
export interface SessionPool {
  /** The session under `key`; `build` gives its ONNX bytes for the pool's device when it has to be made. */
  readonly get: (key: string, build: (device: Device) => Uint8Array) => Effect.Effect<Session, EngineError>
  /** Releases every session, e.g. because weights stored in them have changed. */
  readonly clear: Effect.Effect<void>
}

interface Entry {
  readonly session: Session
  readonly scope: Scope.Closeable
}

/**
 * A pool of at most `limit` sessions: each holds working memory of its own, so the one unused for longest is released
 * when another is needed. All are released when the scope closes.
 */
export const sessionPool = Effect.fnUntraced(function* (
  options: SessionOptions,
  limit = 6,
): Effect.fn.Return<SessionPool, never, Scope.Scope> {
  // A Map keeps the order of insertion: the first entry is the one unused for longest.
  const entries = new Map<string, Entry>()
  const release = Effect.fnUntraced(function* (key: string) {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    yield* Scope.close(entry.scope, Exit.void)
  })
  const clear = Effect.suspend(() => Effect.forEach([...entries.keys()], release, { discard: true }))
  yield* Effect.addFinalizer(() => clear)
  const get = Effect.fnUntraced(function* (key: string, build: (device: Device) => Uint8Array) {
    const found = entries.get(key)
    if (found !== undefined) {
      entries.delete(key)
      entries.set(key, found)
      return found.session
    }
    const oldest = entries.size >= limit ? entries.keys().next().value : undefined
    if (oldest !== undefined) yield* release(oldest)
    const scope = yield* Scope.make()
    const session = yield* Session.make(build(options.device), options).pipe(
      Scope.provide(scope),
      Effect.onError(() => Scope.close(scope, Exit.void)),
    )
    entries.set(key, { session, scope })
    return session
  })
  return { get, clear }
})
