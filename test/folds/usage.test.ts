import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { boundaryReflection } from '../../agents/index.ts'
import { dropIncompleteRow } from '../../files/index.ts'
import type { JournalEntry } from '../../folds/journal.ts'
import { toRow } from '../../folds/row.ts'
import { appendUsage, totalUsage } from '../../folds/usage.ts'
import { shapesSettings } from '../support/settings.ts'
import { flashSample } from './flashes.ts'

const record = (key: string, usage?: JournalEntry['usage']): JournalEntry => ({
  ...{ key, state: 'failed', reason: 'model: x', evidence: null },
  ...(usage === undefined ? {} : { usage }),
})

describe('what answers cost', () => {
  it.effect('is kept for each sample and summed, also past a line cut by a kill', () =>
    Effect.gen(function* () {
      const path = join(mkdtempSync(join(tmpdir(), 'spanwise-usage-')), 'usage.jsonl')
      assert.isNull(yield* totalUsage(path))
      yield* appendUsage(path, [record('a')])
      assert.isNull(yield* totalUsage(path))
      yield* appendUsage(path, [
        record('a', { requests: 1, seconds: 0.5, cost: 2 }),
        record('b', { requests: 2, seconds: 1.5, cost: 3 }),
      ])
      assert.deepStrictEqual(yield* totalUsage(path), { requests: 3, seconds: 2, cost: 5 })
      appendFileSync(path, '{"key":"c","requ')
      yield* dropIncompleteRow(path)
      yield* appendUsage(path, [record('c', { requests: 1, seconds: 1, cost: null })])
      assert.deepStrictEqual(yield* totalUsage(path), { requests: 4, seconds: 3, cost: null })
      assert.strictEqual(readFileSync(path, 'utf8').split('\n').length, 4)
    }),
  )

  it('reaches the part without what differs between two runs of the same', () => {
    const usage = { requests: 1, retries: 3, promptTokens: 10, seconds: 0.123 }
    const planned = { key: 'k', sample: flashSample('s', 'one.mp4') }
    const settings = shapesSettings(boundaryReflection)
    const row = toRow(boundaryReflection, settings, 'hash', planned, record('k', usage))
    assert.strictEqual(row.usage, '{"requests":1,"promptTokens":10}')
    assert.isNull(toRow(boundaryReflection, settings, 'hash', planned, record('k')).usage)
  })
})
