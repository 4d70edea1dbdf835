import { assert, describe, it } from '@effect/vitest'
import { Effect, type Scope } from 'effect'
import { Ledger, type ModelError, type OpenaiInput, openAccount } from '../../../models/index.ts'
import type { Asked, Fault, FaultServer } from '../../support/fault-server.ts'
import { client, faultServer, question } from './client.ts'

const retries = 8

/** Asks so many questions at the same time, each a sample of its own; the texts of the replies. */
const askAll = Effect.fnUntraced(function* (count: number, input: OpenaiInput) {
  const { chat, health } = yield* client({ retries, ...input })
  const replies = yield* Effect.forEach(
    Array.from({ length: count }, (_, i) => i),
    (i) => Effect.provideService(chat(question(`question ${i}`)), Ledger, openAccount()),
    { concurrency: 'unbounded' },
  )
  for (const [reply] of replies) assert.strictEqual(reply?.text, '<answer>1.0 to 2.0</answer>')
  return yield* health!
})

const withinBudget = (...servers: ReadonlyArray<FaultServer>) => {
  const asked = new Map<string, number>()
  for (const server of servers)
    for (const [text, times] of server.asked) asked.set(text, (asked.get(text) ?? 0) + times)
  for (const [text, times] of asked) assert.isAtMost(times, 1 + retries, text)
  return asked.size
}

/** The same fault for every third request. */
const everyThird =
  (fault: Fault) =>
  ({ number }: Asked): Fault =>
    number % 3 === 1 ? fault : { kind: 'answer' }

const faults: ReadonlyArray<readonly [string, Fault]> = [
  ['429 without Retry-After', { kind: 'status', status: 429 }],
  ['429 with seconds', { kind: 'status', status: 429, retryAfter: '0.02' }],
  ['429 with a date', { kind: 'status', status: 429, retryAfter: new Date(0).toUTCString() }],
  ['500', { kind: 'status', status: 500 }],
  ['503', { kind: 'status', status: 503 }],
  ['hangs', { kind: 'hang' }],
  ['half an answer', { kind: 'half' }],
  ['a reset', { kind: 'reset' }],
  ['no JSON', { kind: 'text', text: '<html>oops</html>' }],
  ['other JSON', { kind: 'text', text: '{"choices":[]}' }],
  ['a drip', { kind: 'drip', every: 20 }],
]

describe('the openai backend, against a server with faults', () => {
  for (const [name, fault] of faults)
    it.live(`gets every answer through ${name}`, () =>
      Effect.gen(function* () {
        const server = yield* faultServer({ script: everyThird(fault) })
        // Only what never ends has to be waited for.
        const timeout = fault.kind === 'hang' || fault.kind === 'drip' ? 150 : 10_000
        yield* askAll(30, { baseUrl: server.url, model: 'model', timeout })
        assert.strictEqual(withinBudget(server), 30)
      }),
    )

  it.live('sits out a storm that refuses everything', () =>
    Effect.gen(function* () {
      const end = Date.now() + 400
      const server = yield* faultServer({
        script: () => (Date.now() < end ? { kind: 'status', status: 429 } : { kind: 'answer' }),
      })
      yield* askAll(60, { baseUrl: server.url, model: 'model' })
      withinBudget(server)
    }),
  )

  it.live('sends nothing while a server asks for a pause', () =>
    Effect.gen(function* () {
      let quiet = 0
      let early = 0
      const server = yield* faultServer({
        script: ({ number }) => {
          if (Date.now() < quiet - 20) early++
          if (number !== 3) return { kind: 'answer', after: 5 }
          quiet = Date.now() + 300
          return { kind: 'status', status: 503, retryAfter: '0.3' }
        },
      })
      yield* askAll(40, { baseUrl: server.url, model: 'model', concurrency: { start: 2, most: 2 } })
      // Those that were sent before the refusal was read; without a pause it would be nearly all.
      assert.isAtMost(early, 4)
      assert.strictEqual(server.requests(), 41)
    }),
  )

  it.live('goes on without a server that is dead, and with it when it is back', () =>
    Effect.gen(function* () {
      const one = faultServer({ latency: 3, slots: 4 })
      const servers = yield* Effect.all([one, one, one])
      const [dying, ...others] = servers
      const { chat, health } = yield* client({
        baseUrl: servers.map(({ url }) => url),
        model: 'model',
        retries,
        concurrency: { start: 4, most: 8 },
      })
      const round = (name: string) =>
        Effect.forEach(
          Array.from({ length: 60 }, (_, i) => i),
          (i) => Effect.provideService(chat(question(`${name} ${i}`)), Ledger, openAccount()),
          { concurrency: 'unbounded' },
        )
      yield* round('all three')
      for (const server of servers) assert.isAbove(server.requests(), 10)
      yield* Effect.all([round('two'), Effect.promise(() => dying.kill())], { concurrency: 'unbounded' })
      yield* round('two still')
      const known = (yield* health!)[0]!
      assert.isFalse(known.up)
      assert.isNotNull(known.error)
      const before = dying.requests()
      yield* Effect.promise(() => dying.revive())
      while (!(yield* health!)[0]!.up) yield* Effect.sleep(5)
      yield* round('three again')
      assert.isAbove(dying.requests(), before)
      assert.isTrue((yield* health!)[0]?.up)
      withinBudget(dying, ...others)
    }),
  )

  it.live('asks fewer at a time of a server that refuses more', () =>
    Effect.gen(function* () {
      const server = yield* faultServer({
        latency: 2,
        script: ({ inFlight }) => (inFlight > 6 ? { kind: 'status', status: 429 } : { kind: 'answer' }),
      })
      const health = yield* askAll(400, {
        baseUrl: server.url,
        model: 'model',
        concurrency: { start: 32, most: 64 },
      })
      assert.isAtMost(health[0]!.limit, 8)
      withinBudget(server)
    }),
  )

  it.live('gives up on a sample whose budget is spent, and on that sample alone', () =>
    Effect.gen(function* () {
      const server = yield* faultServer({
        script: ({ question }) =>
          question.includes('bad')
            ? { kind: 'status', status: 500, message: 'sk-abcdefghijklmnop' }
            : { kind: 'answer' },
      })
      const { chat } = yield* client({ baseUrl: server.url, model: 'model', retries: 3 })
      const account = openAccount()
      // Two questions of one sample share its budget.
      const errors = yield* Effect.forEach(['bad one', 'bad two'], (text) =>
        Effect.flip(Effect.provideService(chat(question(text)), Ledger, account)),
      )
      assert.strictEqual(server.requests(), 4 + 1)
      assert.deepInclude(errors[0], { retryable: true, kind: 'server error' })
      assert.isUndefined(errors[0]?.fatal)
      assert.notInclude(errors[0]?.message ?? '', 'abcdef')
      assert.deepInclude(account.total(), { requests: 2, retries: 3, promptTokens: 0 })
      yield* chat(question('good'))
    }),
  )

  it.live('ends when no server comes back', () =>
    Effect.gen(function* () {
      const server = yield* faultServer()
      const { chat } = yield* client({ baseUrl: server.url, model: 'model', giveUp: 80 })
      yield* Effect.promise(() => server.kill())
      const error = yield* Effect.flip(chat(question('anyone?')))
      assert.deepInclude(error, { fatal: true, kind: 'no server' })
      assert.strictEqual((yield* Effect.flip(chat(question('really?')))).message, error.message)
    }),
  )
})

describe('a refusal', () => {
  const refused = (
    fault: Fault,
    input: Partial<OpenaiInput> = {},
  ): Effect.Effect<readonly [ModelError, FaultServer], unknown, Scope.Scope> =>
    Effect.gen(function* () {
      const server = yield* faultServer({ script: () => fault })
      const { chat } = yield* client({ baseUrl: server.url, model: 'model', ...input })
      return [yield* Effect.flip(chat(question('may I?'))), server] as const
    })

  it.live('is fatal at once for 400, 401, 403, 404 and 422, in one line with the remedy', () =>
    Effect.gen(function* () {
      for (const [status, remedy] of [
        [400, '--preset'],
        [401, '--key-env'],
        [403, '--key-env'],
        [404, '--base-url'],
        [422, '--preset'],
      ] as const) {
        const [error, server] = yield* refused({ kind: 'status', status, message: 'no\nway' })
        assert.deepInclude(error, { fatal: true, retryable: false })
        assert.strictEqual(server.requests(), 1)
        assert.notInclude(error.message, '\n')
        for (const part of [server.url, String(status), 'no way', remedy]) assert.include(error.message, part)
      }
    }),
  )

  it.live('of a prompt that is too long is that sample’s own fault', () =>
    Effect.gen(function* () {
      const message = "This model's maximum context length is 4096 tokens"
      const [error] = yield* refused({ kind: 'status', status: 400, message })
      assert.deepInclude(error, { fatal: false, kind: 'too long' })
    }),
  )

  it.live('shows nothing of the key, wherever the server repeats it', () =>
    Effect.gen(function* () {
      process.env.SPANWISE_TEST_KEY = 'topsecret-4711'
      yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env.SPANWISE_TEST_KEY))
      let seen: string | undefined
      const server = yield* faultServer({
        script: ({ authorization }) => {
          seen = authorization
          return { kind: 'status', status: 401, message: `Incorrect API key: topsecret-4711` }
        },
      })
      const { chat, health, identity } = yield* client({
        baseUrl: server.url,
        model: 'model',
        keyEnv: 'SPANWISE_TEST_KEY',
      })
      const error = yield* Effect.flip(chat(question('may I?')))
      assert.strictEqual(seen, 'Bearer topsecret-4711')
      assert.include(error.message, 'SPANWISE_TEST_KEY')
      assert.notInclude(JSON.stringify([error, error.message, yield* health!, identity]), 'topsecret')
    }),
  )
})
