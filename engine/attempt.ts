import { Effect } from 'effect'
import { EngineError } from '../core/index.ts'

/** The result of work that may throw, which is then an EngineError about `operation`. */
export const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, EngineError> =>
  Effect.try({
    try: run,
    catch: (cause) =>
      new EngineError({ operation, problem: cause instanceof Error ? cause.message : String(cause) }),
  })
