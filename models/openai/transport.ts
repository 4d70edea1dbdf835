import { Effect, type Scope } from 'effect'
import type { Failure } from './retry.ts'

/** One answer, of any status. */
export interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** Where a redirect leads. */
  readonly location?: string | undefined
  readonly text: string
}

/** No answer: what failed in transit, and its code or message. */
export class Unanswered {
  readonly failure: Failure
  readonly reason: string
  /** What the user must change if no attempt can succeed; null if a retry may. */
  readonly remedy: string | null
  constructor(kind: 'reset' | 'timeout', reason: string, remedy: string | null = null) {
    this.failure = { kind }
    this.reason = reason
    this.remedy = remedy
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

/** Whether the environment names a proxy, in either case of letters. */
const proxied = (environment: NodeJS.ProcessEnv): boolean =>
  ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some((name) => (environment[name] ?? '') !== '')

const header = (value: string | Array<string> | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

/** Permanent errors of a TLS handshake. */
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER|ALTNAME|ERR_SSL|ERR_TLS|EPROTO/

const tlsRemedy = (code: string): string | null => {
  if (!certificate.test(code)) return null
  return /ERR_SSL|EPROTO/.test(code)
    ? 'the server does not speak TLS here: use http:// in --base-url'
    : 'its certificate is not trusted: set NODE_EXTRA_CA_CERTS to the file of the authority that signed it'
}

/** An answer is never longer than this, in bytes: a thousand replies of 8 192 tokens with their alternatives. */
const longest = 256 * 2 ** 20

/** The whole text of a body, or null where it is longer than `longest`. */
const textOf = async (body: AsyncIterable<Uint8Array>): Promise<string | null> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > longest) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/**
 * Sends requests over connections that are kept open, through a proxy where the environment names one (`HTTP_PROXY`,
 * `HTTPS_PROXY`, `NO_PROXY`). Undici's agent is used as it is, without Effect's HttpClient
 * around it: that doubles the cost of each request (107 against 208 us of processor time, measured with 64
 * requests at a time against a server that answers at once), and its features are not needed here.
 */
export const makeTransport: Effect.Effect<
  (sent: Sent) => Effect.Effect<Answer | Unanswered>,
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const agent = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      // Imported only here, because loading it slows starts that use no server.
      const { Agent, EnvHttpProxyAgent } = await import('@effect/platform-node/Undici')
      // Time-outs are set per request; there are as many connections as concurrent requests.
      const settings = { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }
      return proxied(process.env) ? new EnvHttpProxyAgent(settings) : new Agent(settings)
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
      const exchange = async (): Promise<Answer | Unanswered> => {
        const answer = await agent.request({
          origin,
          path: pathname,
          method,
          headers,
          body,
          signal: controller.signal,
        })
        const text = await textOf(answer.body)
        if (text === null)
          return new Unanswered('reset', `the answer is longer than ${longest / 2 ** 20} MiB`)
        return {
          status: answer.statusCode,
          retryAfter: header(answer.headers['retry-after']),
          location: header(answer.headers.location),
          text,
        }
      }
      exchange()
        .then(
          (answer) => resume(Effect.succeed(answer)),
          (error) => {
            const reason = reasonOf(error)
            resume(
              Effect.succeed(
                late
                  ? new Unanswered('timeout', `no answer in ${timeout / 1000} s`)
                  : new Unanswered('reset', reason, tlsRemedy(reason)),
              ),
            )
          },
        )
        .finally(() => clearTimeout(timer))
      return Effect.sync(() => {
        clearTimeout(timer)
        controller.abort()
      })
    })
})
