import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { afterAll } from 'vitest'
import { boundaryReflection } from '../../agents/index.ts'
import { holdFolder, writeJson } from '../../files/index.ts'
import { appendJournal } from '../../folds/journal.ts'
import { runMerge } from '../../pipelines/merge.ts'
import { columnsOf, openDatabase, writePart } from '../../store/index.ts'
import { braPart, verdict, writeParts } from '../store/verdicts.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

const disk = mountSmallDisk(mkdtempSync(join(tmpdir(), 'spanwise-disk-')), 8 << 20)
const refused = typeof disk === 'string' ? disk : ''
afterAll(() => {
  if (typeof disk !== 'string') disk[Symbol.dispose]()
})

const rows = Array.from({ length: 2000 }, (_, i) =>
  verdict(boundaryReflection, `key ${i}`, 'kept', { query: `query ${Math.sqrt(i)}`, score: Math.sin(i) }),
)
const record = { key: 'k', state: 'looked' as const, reason: null, evidence: 'x'.repeat(8192) }

describe.skipIf(refused !== '')(`on a full disk${refused === '' ? '' : ` (skipped: ${refused})`}`, () => {
  if (typeof disk === 'string') return
  const folder = (name: string) => {
    disk.clear()
    mkdirSync(join(disk.folder, name))
    return join(disk.folder, name)
  }

  it.effect('what writes says so in one line with the remedy, and leaves nothing half-written', () =>
    Effect.gen(function* () {
      const here = folder('files')
      const database = yield* openDatabase(':memory:', { threads: 1 })
      const part = writePart(database, join(here, 'part.parquet'), columnsOf(boundaryReflection), rows, {})
      const writes = [
        part,
        writeJson(join(here, 'manifest.json'), { text: 'x'.repeat(8192) }),
        appendJournal(join(here, 'journal.jsonl'), [record]),
        Effect.scoped(holdFolder(here, 'fold')),
      ]
      disk.fill(0)
      for (const write of writes) {
        const error = yield* Effect.flip(write)
        assert.strictEqual(error._tag, 'InputError')
        assert.match(
          error.message,
          /^[^\n]*spanwise-disk-[^\n]+(part\.parquet|\.jsonl?): [^\n]+; free some space [^\n]+$/,
        )
      }
      // The journal's line was cut short; the next start repairs it.
      assert.deepStrictEqual(
        readdirSync(here).filter((name) => name !== 'journal.jsonl'),
        [],
      )
      disk.clear()
      for (const write of writes) yield* write
    }).pipe(Effect.scoped),
  )

  it.effect('a merge leaves the database as it was', () =>
    Effect.gen(function* () {
      const run = folder('run')
      yield* writeParts(run, { [braPart('0')]: [boundaryReflection, rows.slice(0, 10)] })
      yield* runMerge(run)
      yield* writeParts(run, { [braPart('1')]: [boundaryReflection, rows.slice(10)] })
      const verdicts = Effect.scoped(
        Effect.flatMap(openDatabase(join(run, 'curation.duckdb'), { readOnly: true }), (database) =>
          database.rows('SELECT count(*)::INTEGER AS n FROM verdicts'),
        ),
      )
      disk.fill(0)
      const error = yield* Effect.flip(runMerge(run))
      assert.match(error.message, /no space left on the device; free some space/)
      disk.clear()
      assert.deepStrictEqual(yield* verdicts, [{ n: 10 }])
      yield* runMerge(run)
      assert.deepStrictEqual(yield* verdicts, [{ n: 2000 }])
    }),
  )
})
