import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from '@effect/vitest'
import { Effect } from 'effect'
import { afterAll, describe, expect } from 'vitest'
import { holdFolder } from '../../files/index.ts'
import {
  type Endpoint,
  holderOfSamples,
  keepStatus,
  kindOf,
  type Manifest,
  type PlannedFold,
  readStatus,
  reportFold,
  statusPath,
} from '../../folds/index.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-status-'))
afterAll(() => rmSync(root, { recursive: true }))

let number = 0
const folder = () => {
  const made = join(root, String(number++))
  mkdirSync(made)
  return made
}

const endpoint: Endpoint = {
  ...{ url: 'http://gpu1:8000/v1', up: true, inFlight: 3, limit: 8, requests: 40, failures: 1 },
  ...{ latency: 0.25, error: 'answers 503' },
}
const before = [
  { state: 'kept', reason: null },
  { state: 'failed', reason: 'truncated' },
  { state: 'looked', reason: null },
] as const

/** Counts two more samples, the second one failed, then ends as `end` says. */
const work = (at: string, end: Effect.Effect<void, string>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const status = yield* keepStatus(at, { planned: 10, before, endpoints: Effect.succeed([endpoint]) })
      const first = yield* readStatus(at)
      status.recorded({ state: 'looked', reason: null })
      status.recorded({ state: 'failed', reason: 'model timeout: no answer in 60 s' })
      status.judged(['dropped', 'failed'])
      yield* end
      return first
    }),
  )

describe('status file', () => {
  it.effect('stands from the start and is left as it last was by a fold that does not finish', () =>
    Effect.gen(function* () {
      const at = folder()
      yield* Effect.flip(work(at, Effect.fail('stopped')))
      expect(yield* readStatus(at)).toMatchObject({
        ...{ version: 1, pid: process.pid, planned: 10, from: 3, done: 5, kept: 1, dropped: 1, failed: 2 },
        ...{ absent: 0, failures: { truncated: 1, 'model timeout': 1 }, endpoints: [endpoint] },
      })
    }),
  )

  it.effect('is gone where the fold finishes: its manifest says it all', () =>
    Effect.gen(function* () {
      const at = folder()
      expect(yield* work(at, Effect.void)).toMatchObject({ from: 3, done: 3, kept: 1, failed: 1 })
      expect(existsSync(statusPath(at))).toBe(false)
    }),
  )

  it.effect('that is not one is no status, and one that cannot be written stops nothing', () =>
    Effect.gen(function* () {
      const at = folder()
      writeFileSync(statusPath(at), '{"version": 1')
      expect(yield* readStatus(at)).toBeNull()
      const file = join(folder(), 'in-the-way')
      writeFileSync(file, '')
      yield* Effect.scoped(keepStatus(join(file, 'below'), { planned: 1, before: [] }))
    }),
  )

  it('sorts reasons into few kinds', () => {
    expect(['model timeout: no answer', 'truncated', null].map(kindOf)).toEqual([
      'model timeout',
      'truncated',
      'unknown',
    ])
  })
})

const fold: PlannedFold = { index: 1, start: 10, end: 20, planned: 10, plan: 'abc' }
const name = 'fold-00000010-00000020'
const manifest: Manifest = {
  ...{ version: 1, agent: 'boundary-reflection', settings: 's', plan: 'abc', parts: [], provenance: {} },
  fold: { index: 1, start: 10, end: 20 },
  counts: { planned: 10, done: 10, kept: 8, dropped: 2, failed: 0, absent: 0, duplicates: 0 },
  seconds: 1,
}

describe('report of a fold', () => {
  it.effect('waiting, stopped, running, done', () =>
    Effect.gen(function* () {
      const at = folder()
      const report = reportFold(at, fold)
      expect(yield* report).toMatchObject({ state: 'waiting', planned: 10, done: 0, holder: null })
      mkdirSync(join(at, name))
      yield* Effect.flip(work(join(at, name), Effect.fail('stopped')))
      expect(yield* report).toMatchObject({ state: 'stopped', done: 5, failed: 2, rate: null, endpoints: [] })
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* holdFolder(join(at, name), 'fold 1')
          expect(yield* report).toMatchObject({
            ...{ state: 'running', done: 5, holder: { pid: process.pid }, endpoints: [endpoint] },
          })
        }),
      )
      writeFileSync(join(at, name, 'manifest.json'), JSON.stringify(manifest))
      expect(yield* report).toMatchObject({ state: 'done', done: 10, kept: 8, dropped: 2, failures: {} })
      expect(yield* reportFold(at, { ...fold, plan: 'other' })).toMatchObject({ state: 'stopped' })
    }),
  )

  it.effect('a fold is held by whoever works on samples of it, in any cut', () =>
    Effect.scoped(
      Effect.gen(function* () {
        const at = folder()
        yield* holdFolder(join(at, 'fold-00000000-00000012'), 'fold 0')
        expect(yield* holderOfSamples(at, { start: 10, end: 20 })).not.toBeNull()
        expect(yield* holderOfSamples(at, { start: 12, end: 20 })).toBeNull()
      }),
    ),
  )
})
