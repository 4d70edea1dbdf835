import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import * as fc from 'fast-check'
import { isOpen, leastLoaded } from '../../../models/openai/balance.ts'
import { readKey } from '../../../models/openai/keys.ts'
import { answered, type Pace, refused, startPace } from '../../../models/openai/pace.ts'
import { backoff, isRetryable, retryAfter } from '../../../models/openai/retry.ts'

const standing = fc.record({
  inFlight: fc.nat(20),
  limit: fc.integer({ min: 1, max: 20 }),
  up: fc.boolean(),
  pausedUntil: fc.nat(100),
})

describe('balancing', () => {
  it('takes an open server with the fewest outstanding requests, and any other before the one to avoid', () => {
    fc.assert(
      fc.property(
        fc.array(standing, { maxLength: 8 }),
        fc.nat(100),
        fc.nat(50),
        fc.nat(),
        (servers, now, turn, at) => {
          const avoid = servers[at % Math.max(1, servers.length)] ?? null
          const chosen = leastLoaded(servers, now, turn, avoid)
          const open = servers.filter((server) => isOpen(server, now))
          const others = open.filter((server) => server !== avoid)
          if (open.length === 0) return chosen === null
          if (others.length === 0) return chosen === avoid
          return (
            chosen !== null &&
            others.includes(chosen) &&
            others.every(({ inFlight }) => inFlight >= chosen.inFlight)
          )
        },
      ),
    )
  })

  it('lets equals take turns', () => {
    const servers = Array.from({ length: 5 }, () => ({ inFlight: 0, limit: 1, up: true, pausedUntil: 0 }))
    assert.strictEqual(new Set(servers.map((_, turn) => leastLoaded(servers, 0, turn))).size, 5)
  })
})

describe('backing off', () => {
  it('waits between half of and the whole of a doubling time, up to the most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.nat(2000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (first, most, retry, draw) => {
          const whole = Math.min(most, first * 2 ** Math.min(retry, 52))
          const wait = backoff({ first, most }, retry, draw)
          return wait >= whole / 2 && wait <= whole && backoff({ first, most }, retry + 1, draw) >= wait
        },
      ),
    )
  })

  it('reads Retry-After in both of its forms, never below zero', () => {
    const now = Date.UTC(2026, 10, 21, 12, 0, 0)
    assert.strictEqual(retryAfter('7', now), 7000)
    assert.strictEqual(retryAfter('0.5', now), 500)
    assert.strictEqual(retryAfter('Sat, 21 Nov 2026 12:00:30 GMT', now), 30_000)
    assert.strictEqual(retryAfter('Sat, 21 Nov 2026 11:00:00 GMT', now), 0)
    for (const none of [undefined, '', 'soon']) assert.isNull(retryAfter(none, now))
    // Longer than a timer of Node can wait.
    for (const far of ['1764367000', '9'.repeat(400), 'Thu, 01 Jan 2099 00:00:00 GMT'])
      assert.strictEqual(retryAfter(far, now), 86_400_000)
  })

  it('asks again after what may pass, and never after what will not', () => {
    const status = (code: number) => isRetryable({ kind: 'status', status: code })
    for (const code of [408, 409, 425, 429, 500, 502, 503, 504, 529])
      assert.isTrue(status(code), String(code))
    for (const code of [400, 401, 403, 404, 405, 413, 422, 501]) assert.isFalse(status(code), String(code))
    for (const kind of ['reset', 'timeout', 'bad answer'] as const) assert.isTrue(isRetryable({ kind }))
  })
})

describe('pace', () => {
  /** A server with so many slots, each answer `work` seconds; more requests wait, or are refused. */
  const settle = (pace: Pace, slots: number, work: number, answers: number): Pace => {
    let now = pace
    for (let i = 0; i < answers; i++) now = answered(now, work * Math.max(1, now.limit / slots), true)
    return now
  }

  it('stays within its bounds whatever happens', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.option(fc.tuple(fc.double({ min: 0, max: 10, noNaN: true }), fc.boolean())), {
          maxLength: 500,
        }),
        (start, most, events) => {
          let pace = startPace(start, most)
          for (const event of events) {
            const before = pace.limit
            pace = event === null ? refused(pace) : answered(pace, event[0], event[1])
            assert.isTrue(Number.isInteger(pace.limit) && pace.limit >= 1 && pace.limit <= most)
            if (event === null) assert.strictEqual(pace.limit, Math.max(1, Math.floor(before / 2)))
            else if (!event[1]) assert.strictEqual(pace.limit, before)
          }
        },
      ),
    )
  })

  it('grows to the most where latency stays flat, and stops soon after it rises with the limit', () => {
    assert.strictEqual(settle(startPace(4, 256), 1e9, 0.2, 1000).limit, 256)
    const { limit } = settle(startPace(4, 256), 64, 0.2, 20_000)
    assert.isTrue(limit >= 64 && limit <= 128, String(limit))
  })

  it('comes back to just below where it was refused', () => {
    const pace = settle(refused(settle(startPace(64, 256), 1e9, 0.2, 0)), 1e9, 0.2, 200)
    assert.strictEqual(pace.limit, 63)
  })
})

describe('keys', () => {
  it.effect('come from the environment and show themselves nowhere', () =>
    Effect.gen(function* () {
      const secret = 'sk-secret0123456789abcdef'
      const key = yield* readKey('A_KEY', { A_KEY: ` ${secret}\n` })
      assert.strictEqual(key.headers().authorization, `Bearer ${secret}`)
      const said = key.clean(`Bearer ${secret} is wrong: ${secret}, and so is hf_abcdefghijklmnop`)
      assert.notInclude(said, 'secret')
      assert.notInclude(said, 'hf_')
      assert.notInclude(JSON.stringify(key), 'secret')
      const error = yield* Effect.flip(readKey('A_KEY', { A_KEY: '' }))
      assert.strictEqual(
        error.message,
        'environment variable A_KEY: contains no API key; set it, or choose another with --key-env',
      )
      // A header cannot carry these: the request would fail as if there were no server.
      for (const value of ['sk-one\nsk-two', 'sk one', 'schlüssel', '“sk-quoted”'])
        assert.match(
          (yield* Effect.flip(readKey('A_KEY', { A_KEY: value }))).message,
          /^environment variable A_KEY: contains spaces, line breaks or .*; set it to the key alone$/,
        )
      assert.deepStrictEqual((yield* readKey(null, {})).headers(), {})
    }),
  )
})
