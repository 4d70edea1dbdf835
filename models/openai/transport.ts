import { Effect, type Scope } from 'effect'
import type { Failure } from './retry.ts'

/** One answer, whatever its status. */
export interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

/** No answer: what went wrong on the way, and its code or message. */
export class Unanswered {
  readonly failure: Failure
  readonly reason: string
  constructor(kind: 'reset' | 'timeout', reason: string) {
    this.failure = { kind }
    this.reason = reason
  }
}

export interface Sent {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  /** Milliseconds for the whole exchange, the last byte of the answer included. */
  readonly timeout: number
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : error instanceof Error
      ? error.message
      : String(error)

const header = (value: string | Array<string> | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

/**
 * Sends requests over connections that are kept open. Undici's agent is used as it is, without Effect's HttpClient
 * around it: that costs as much again for each request (107 against 208 us of processor time, measured with 64
 * requests at a time against a server that answers at once), and nothing of it would be used here.
 */
export const makeTransport: Effect.Effect<
  (sent: Sent) => Effect.Effect<Answer | Unanswered>,
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const agent = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      // Only here, because loading it costs every start that asks no server time.
      const { Agent } = await import('@effect/platform-node/Undici')
      // Time-outs are those of `Sent`; connections are as many as requests at a time.
      return new Agent({ connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
    }),
    (owned) => Effect.promise(() => owned.destroy()),
  )
  return ({ url, method, headers, body, timeout }) =>
    Effect.callback<Answer | Unanswered>((resume) => {
      const controller = new AbortController()
      let late = false
      const timer = setTimeout(() => {
        late = true
        controller.abort()
      }, timeout)
      const { origin, pathname } = new URL(url)
      const exchange = async (): Promise<Answer> => {
        const answer = await agent.request({
          origin,
          path: pathname,
          method,
          headers,
          body,
          signal: controller.signal,
        })
        return {
          status: answer.statusCode,
          retryAfter: header(answer.headers['retry-after']),
          text: await answer.body.text(),
        }
      }
      exchange()
        .then(
          (answer) => resume(Effect.succeed(answer)),
          (error) =>
            resume(
              Effect.succeed(
                late
                  ? new Unanswered('timeout', `no answer in ${timeout / 1000} s`)
                  : new Unanswered('reset', reasonOf(error)),
              ),
            ),
        )
        .finally(() => clearTimeout(timer))
      return Effect.sync(() => {
        clearTimeout(timer)
        controller.abort()
      })
    })
})
