import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Deferred, Effect } from 'effect'
import fc from 'fast-check'
import { InputError, type Sample, sampleKey } from '../../core/index.ts'
import { canonical, contentHash, dropIncompleteRow, holdFolder, isLive } from '../../files/index.ts'
import { claimSettings, foldAt, planFolds, planSamples, settingsHash } from '../../folds/index.ts'
import { appendJournal, readJournal } from '../../folds/journal.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'spanwise-folds-'))
const sample = (id: string, query = id): Sample => ({
  id,
  dataset: 'd',
  split: 'train',
  task: 'grounding',
  video: 'v',
  file: 'v.mp4',
  duration: 10,
  query,
  windows: [[1, 2]],
})

describe('keys', () => {
  it('of samples are the hash of the canonical JSON of what they say', () => {
    fc.assert(
      fc.property(
        fc.record({
          query: fc.string().map((text) => `${text} \ud800 "é\n`),
          file: fc.string(),
          duration: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
          windows: fc.option(fc.array(fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true })))),
          options: fc.array(fc.string()),
          answer: fc.string(),
          bare: fc.boolean(),
        }),
        ({ bare, options, answer, ...fields }) => {
          const { id: _, ...said } = { ...sample('s'), ...fields, ...(bare ? {} : { options, answer }) }
          const full = { ...said, options: bare ? null : options, answer: bare ? null : answer }
          assert.strictEqual(sampleKey({ id: 's', ...said }), contentHash(full))
        },
      ),
    )
  })
})

describe('planning', () => {
  it('cuts contiguous folds that cover everything once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 60 }), (count, size) => {
        const folds = planFolds(count, size)
        assert.strictEqual(
          folds.reduce((sum, fold) => sum + fold.end - fold.start, 0),
          count,
        )
        for (const [index, fold] of folds.entries())
          assert.strictEqual(fold.start, index === 0 ? 0 : folds[index - 1]!.end)
      }),
    )
  })

  it('refuses a fold that is not there', () => {
    const missing = foldAt(10, 5, 2)
    assert.instanceOf(missing, InputError)
    assert.deepStrictEqual(foldAt(10, 6, 1), { index: 1, start: 6, end: 10 })
  })

  it('gives each distinct sample to exactly one fold, however the dataset is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (ids, size) => {
          const samples = ids.map((id, index) => sample(`row ${index}`, `query ${id}`))
          const parts = planFolds(samples.length, size).map((fold) => planSamples(samples, fold))
          const keys = parts.flatMap(({ planned }) => planned.map(({ key }) => key))
          assert.strictEqual(new Set(keys).size, keys.length)
          assert.strictEqual(keys.length, new Set(ids).size)
          assert.strictEqual(
            parts.reduce((sum, { duplicates }) => sum + duplicates, 0),
            ids.length - keys.length,
          )
        },
      ),
    )
  })

  it('keys by content, not by identifier or order of fields', () => {
    assert.strictEqual(sampleKey(sample('a', 'q')), sampleKey(sample('b', 'q')))
    assert.notStrictEqual(sampleKey(sample('a', 'q')), sampleKey(sample('a', 'r')))
    assert.notStrictEqual(sampleKey(sample('a')), sampleKey({ ...sample('a'), windows: [[1, 2.5]] }))
    assert.strictEqual(
      canonical({ b: [1, { d: null, c: 'x' }], a: true }),
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    )
  })
})

describe('settings', () => {
  const settings = {
    agent: 'a',
    prompt: '1',
    model: { backend: 'b', model: 'm', revision: 'r' },
    settings: { votes: 1, view: { fps: 2 } },
  }

  it.effect('of a run folder must be those it was made with', () =>
    Effect.gen(function* () {
      const dir = folder()
      yield* claimSettings(dir, settings)
      yield* claimSettings(dir, settings)
      const other = { ...settings, settings: { votes: 1, view: { fps: 4 } } }
      const error = yield* Effect.flip(claimSettings(dir, other))
      assert.include(error.message, 'settings.view.fps was 2 and is now 4')
      assert.notInclude(error.message, '\n')
      assert.notStrictEqual(settingsHash(settings), settingsHash(other))
    }),
  )
})

describe('leases', () => {
  it.effect('refuse a second holder, and are free again afterwards', () =>
    Effect.gen(function* () {
      const dir = folder()
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* holdFolder(dir, 'fold 0')
          const error = yield* Effect.flip(Effect.scoped(holdFolder(dir, 'fold 0')))
          assert.include(error.message, `held by process ${process.pid}`)
        }),
      )
      yield* Effect.scoped(holdFolder(dir, 'fold 0'))
    }),
  )

  it.live('of a dead process are taken over, by one of many', () =>
    Effect.gen(function* () {
      const dir = folder()
      // The largest process number Linux gives is 2^22.
      const dead = { token: 't', pid: 2 ** 22 + 1, host: hostname(), heartbeat: Date.now() }
      writeFileSync(join(dir, 'lease.json'), JSON.stringify(dead))
      // The one that takes it holds it until all others were refused.
      const over = yield* Deferred.make<void>()
      let refused = 0
      yield* Effect.forEach(
        Array.from({ length: 8 }),
        () =>
          Effect.andThen(holdFolder(dir, 'fold'), Deferred.await(over)).pipe(
            Effect.scoped,
            Effect.catchTag('InputError', () =>
              ++refused < 7 ? Effect.void : Effect.asVoid(Deferred.succeed(over, undefined)),
            ),
          ),
        { concurrency: 'unbounded', discard: true },
      )
      assert.strictEqual(refused, 7)
    }),
  )

  it('are dead without a heartbeat, on another machine too', () => {
    const now = 1_000_000_000
    assert.isTrue(isLive({ pid: process.pid, host: hostname(), heartbeat: now - 1000 }, now))
    assert.isTrue(isLive({ pid: 1, host: 'elsewhere', heartbeat: now - 60_000 }, now))
    assert.isFalse(isLive({ pid: 1, host: 'elsewhere', heartbeat: now - 100_000 }, now))
  })
})

describe('journals', () => {
  it.effect('survive a cut at any byte', () =>
    Effect.gen(function* () {
      const path = join(folder(), 'journal.jsonl')
      const record = (key: string) => ({
        key,
        state: 'looked' as const,
        reason: null,
        evidence: { text: 'é\n' },
      })
      yield* appendJournal(path, [record('a')])
      const first = readFileSync(path).length
      yield* appendJournal(path, [record('b')])
      const whole = readFileSync(path)
      for (let cut = 0; cut <= whole.length; cut += 5) {
        writeFileSync(path, whole.subarray(0, cut))
        yield* dropIncompleteRow(path)
        yield* appendJournal(path, [record('c')])
        const keys = [...(yield* readJournal(path)).keys()]
        assert.deepStrictEqual(keys, [
          ...(cut >= first ? ['a'] : []),
          ...(cut >= whole.length ? ['b'] : []),
          'c',
        ])
      }
    }),
  )

  it.effect('give only the records that are wanted, however long they are', () =>
    Effect.gen(function* () {
      const path = join(folder(), 'journal.jsonl')
      // Lines longer than a portion of the reader, and cut by its borders.
      const evidence = 'é'.repeat(700_000)
      const keys = ['a', 'b', 'c', 'd']
      yield* appendJournal(
        path,
        keys.map((key) => ({ key, state: 'looked' as const, reason: null, evidence })),
      )
      const records = yield* readJournal(path, (key) => key !== 'b')
      assert.deepStrictEqual([...records.keys()], ['a', 'c', 'd'])
      for (const record of records.values()) assert.strictEqual(record.evidence, evidence)
      truncateSync(path, readFileSync(path).length - 200_000)
      yield* dropIncompleteRow(path)
      assert.deepStrictEqual([...(yield* readJournal(path)).keys()], ['a', 'b', 'c'])
      assert.strictEqual((yield* readJournal(join(path, '..', 'none.jsonl'))).size, 0)
    }),
  )
})
