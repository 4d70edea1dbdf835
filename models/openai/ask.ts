import { Clock, Effect, Random } from 'effect'
import { type Account, Ledger, openAccount } from '../ledger.ts'
import { ModelError } from '../model.ts'
import type { Endpoints } from './endpoints.ts'
import { readError, shortened } from './errors.ts'
import type { Key } from './keys.ts'
import { ownRefusal, ownRemedy } from './refusal.ts'
import { BadReply, type Completion, readReply } from './reply.ts'
import { type Backoff, backoff, type Failure, isOverload, isRetryable, retryAfter } from './retry.ts'
import type { Server } from './server.ts'
import { type Answer, type Sent, Unanswered } from './transport.ts'
import { type Prices, usageOf } from './usage.ts'

export interface AskOptions {
  readonly model: string
  readonly key: Key
  /** Environment variable of the key, set or not. */
  readonly keyEnv: string | null
  readonly endpoints: Endpoints
  readonly transport: (sent: Sent) => Effect.Effect<Answer | Unanswered>
  /** Milliseconds for one attempt. */
  readonly timeout: number
  /** Retries allowed per sample, over all its questions. */
  readonly retries: number
  readonly backoff: Backoff
  readonly prices: Prices | null
}

/** Nothing is listening there: no reason to try five times. */
const gone = /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)$/

const remedies: Readonly<Record<number, string>> = {
  400: 'check --preset and the settings of the request against what this server supports',
  402: 'pay for more requests, or set another key or server',
  404: 'correct --base-url (it usually ends in /v1) or --model',
  422: 'check --preset and the settings of the request against what this server supports',
}

/**
 * Sends a request until there is a usable answer: transient failures are retried as often as the sample's budget allows,
 * on another server if there is one. A failure that affects every sample is fatal.
 */
export const makeAsk = (options: AskOptions) => {
  const { model, key, endpoints, transport, timeout } = options
  const headers = { 'content-type': 'application/json', ...key.headers() }
  /** Once a server has answered, a refusal concerns that request only. */
  let proven = false

  const remedyOf = (status: number, own: ReturnType<typeof ownRefusal>): string => {
    if (own !== null) return ownRemedy[own]
    if (status === 401 || status === 403)
      return options.keyEnv === null
        ? 'set --key-env to the environment variable with the key'
        : `set a valid key in the environment variable ${options.keyEnv}`
    return remedies[status] ?? 'see the log of the server'
  }
  const refusal = (server: Server, status: number, said: string, location?: string): ModelError => {
    const own = ownRefusal(status, said)
    const others = (status === 400 || status === 422) && proven
    const remedy =
      status >= 300 && status < 400
        ? `use the address that it redirects to (${location ?? 'not stated'}) as --base-url`
        : remedyOf(status, own)
    return new ModelError({
      model,
      problem: `${server.url} answered ${status}${said === '' ? '' : ` (${shortened(said)})`}; ${remedy}`,
      retryable: false,
      fatal: own === null && !others,
      kind: own ?? 'rejected',
    })
  }

  /** One attempt: the completion, or the failure and how to continue. */
  const attempt = (server: Server, body: Uint8Array, n: number, number: number) =>
    Effect.gen(function* () {
      const sentAt = yield* Clock.currentTimeMillis
      const answer = yield* transport({
        url: `${server.url}/chat/completions`,
        method: 'POST',
        headers,
        body,
        timeout,
      })
      const now = yield* Clock.currentTimeMillis
      if (answer instanceof Unanswered) {
        if (answer.remedy !== null)
          return yield* new ModelError({
            model,
            problem: `${server.url}: ${answer.reason}; ${answer.remedy}`,
            ...{ retryable: false, fatal: true, kind: 'connection' },
          })
        endpoints.failed(server, answer.reason, gone.test(answer.reason))
        return new Failed(server, answer.failure, answer.reason)
      }
      yield* Effect.annotateCurrentSpan('http.response.status_code', answer.status)
      const completion = answer.status === 200 ? readReply(answer.text, n) : null
      // Some servers and proxies answer 200 with an error inside.
      const hidden = completion instanceof BadReply && completion.kind === 'error' ? completion : null
      const status = hidden?.status ?? answer.status
      if (status !== 200 || hidden !== null) {
        const said = key.clean(readError(answer.text))
        const failure: Failure = status === 200 ? { kind: 'bad answer' } : { kind: 'status', status }
        if (ownRefusal(status, said) !== null || !isRetryable(failure)) {
          const error = refusal(server, status, said, answer.location)
          endpoints.refused(server, error.problem)
          return yield* error
        }
        if (isOverload(failure))
          endpoints.overloaded(server, sentAt, retryAfter(answer.retryAfter, now), yield* Random.next)
        else endpoints.failed(server, `status ${status}`, false)
        return new Failed(
          server,
          failure,
          `status ${status}${said === '' ? '' : `: ${shortened(said)}`}`,
          retryAfter(answer.retryAfter, now) ?? 0,
        )
      }
      if (completion === null || completion instanceof BadReply) {
        const { kind, problem } = completion ?? new BadReply('bad answer', 'gave no answer')
        if (kind === 'filtered')
          return yield* new ModelError({
            model,
            problem: `${server.url} ${problem}`,
            retryable: false,
            kind: 'filtered',
          })
        endpoints.failed(server, problem, false)
        return new Failed(server, { kind: 'bad answer' }, problem)
      }
      proven = true
      endpoints.succeeded(server, sentAt, now - sentAt)
      return completion
    }).pipe(
      Effect.withSpan('model.request', {
        kind: 'client',
        attributes: { 'server.address': server.url, attempt: number },
      }),
    )

  /**
   * The completion of a request for `n` replies (a server without support for `n` gives fewer); its cost goes to the ledger in
   * context. Requests of one `affinity` prefer one server, which then has their common prefix in its cache.
   */
  return Effect.fnUntraced(function* (body: Uint8Array, n: number, affinity: string | null) {
    const account: Account = (yield* Ledger) ?? openAccount()
    const began = yield* Clock.currentTimeMillis
    let avoid: Server | null = null
    for (let number = 0; ; number++) {
      const outcome: Completion | Failed = yield* endpoints.withPlace(avoid, affinity, (server) =>
        attempt(server, body, n, number),
      )
      const failed = outcome instanceof Failed
      if (!failed || !account.takeRetry(options.retries)) {
        const seconds = ((yield* Clock.currentTimeMillis) - began) / 1000
        account.record(usageOf(failed ? null : outcome, number, seconds, options.prices))
        if (failed) return yield* spent(model, outcome, number + 1)
        return outcome
      }
      avoid = outcome.server
      // An overloaded server is paused for all requests; waiting for a slot on it, or on another, is the pause.
      if (!isOverload(outcome.failure))
        yield* Effect.sleep(Math.max(outcome.wait, backoff(options.backoff, number, yield* Random.next)))
    }
  })
}

/** An attempt after which another one may help. */
class Failed {
  readonly server: Server
  readonly failure: Failure
  readonly reason: string
  /** Milliseconds that the server asked to wait. */
  readonly wait: number
  constructor(server: Server, failure: Failure, reason: string, wait = 0) {
    this.server = server
    this.failure = failure
    this.reason = reason
    this.wait = wait
  }
}

const kindOf = (failure: Failure): string =>
  failure.kind !== 'status' ? failure.kind : isOverload(failure) ? 'overloaded' : 'server error'

const spent = (model: string, { server, failure, reason }: Failed, attempts: number): ModelError =>
  new ModelError({
    model,
    problem: `${server.url}: ${reason} (${attempts} attempts at this request; the sample's budget of retries is used up)`,
    retryable: true,
    kind: kindOf(failure),
  })
