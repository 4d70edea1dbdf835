import { assert, describe, it } from '@effect/vitest'
import { Deferred, Effect, Exit, Fiber } from 'effect'
import { makeBatcher } from '../../models/index.ts'

describe('the batcher', () => {
  it.effect('answers each request, in batches of one key and bounded size', () =>
    Effect.gen(function* () {
      const batches: Array<ReadonlyArray<number>> = []
      const ask = yield* makeBatcher<number, number, never>({
        key: (request) => String(request % 2),
        max: 4,
        run: (batch) =>
          Effect.sync(() => {
            batches.push(batch)
            return batch.map((request) => request * 10)
          }),
      })
      const requests = Array.from({ length: 20 }, (_, i) => i)
      const answers = yield* Effect.forEach(requests, ask, { concurrency: 'unbounded' })
      assert.deepStrictEqual(
        answers,
        requests.map((request) => request * 10),
      )
      assert.strictEqual(batches.length, 6)
      for (const batch of batches) {
        assert.isAtMost(batch.length, 4)
        assert.strictEqual(new Set(batch.map((request) => request % 2)).size, 1)
      }
    }).pipe(Effect.scoped),
  )

  it.effect('gathers what arrives while a batch runs', () =>
    Effect.gen(function* () {
      const open = yield* Deferred.make<void>()
      const sizes: Array<number> = []
      const ask = yield* makeBatcher<number, number, never>({
        key: () => '',
        max: 100,
        run: (batch) =>
          Effect.suspend(() => {
            sizes.push(batch.length)
            return Effect.as(Deferred.await(open), batch)
          }),
      })
      const first = yield* Effect.forkChild(ask(0))
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      const others = yield* Effect.forkChild(Effect.forEach([1, 2, 3, 4], ask, { concurrency: 'unbounded' }))
      yield* Effect.yieldNow
      yield* Deferred.succeed(open, undefined)
      yield* Fiber.join(first)
      assert.deepStrictEqual(yield* Fiber.join(others), [1, 2, 3, 4])
      assert.deepStrictEqual(sizes, [1, 4])
    }).pipe(Effect.scoped),
  )

  it.effect('leaves out requests whose caller was interrupted, and survives a failed batch', () =>
    Effect.gen(function* () {
      const open = yield* Deferred.make<void>()
      const asked: Array<string> = []
      const ask = yield* makeBatcher<string, string, string>({
        key: () => '',
        max: 10,
        run: (batch) =>
          Effect.gen(function* () {
            asked.push(...batch)
            if (batch.includes('bad')) return yield* Effect.fail('broken')
            yield* Deferred.await(open)
            return batch
          }),
      })
      const first = yield* Effect.forkChild(ask('first'))
      while (asked.length === 0) yield* Effect.yieldNow
      const dropped = yield* Effect.forkChild(ask('dropped'))
      const kept = yield* Effect.forkChild(ask('kept'))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(dropped)
      yield* Deferred.succeed(open, undefined)
      assert.strictEqual(yield* Fiber.join(first), 'first')
      assert.strictEqual(yield* Fiber.join(kept), 'kept')
      assert.deepStrictEqual(asked, ['first', 'kept'])
      assert.deepStrictEqual(yield* Effect.exit(ask('bad')), Exit.fail('broken'))
      assert.strictEqual(yield* ask('after'), 'after')
    }).pipe(Effect.scoped),
  )
})
