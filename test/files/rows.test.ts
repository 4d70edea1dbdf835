import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { z } from 'zod'
import { appendRows, dropIncompleteRow, readRows } from '../../files/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'spanwise-rows-'))
const schema = z.object({ step: z.int(), note: z.string().optional() })
const rows = [{ step: 0, note: 'é €' }, { step: 1 }, { step: 2, note: '"\\n' }]

describe('a record', () => {
  it.effect('that is cut at any byte has the rows whose line end it still has, and goes on after them', () =>
    Effect.gen(function* () {
      const path = join(folder, 'cut.jsonl')
      assert.deepStrictEqual(yield* readRows(path, schema), [])
      yield* appendRows(path, rows)
      const whole = readFileSync(path)
      for (let cut = 0; cut <= whole.length; cut++) {
        writeFileSync(path, whole.subarray(0, cut))
        const ends = whole.subarray(0, cut).filter((byte) => byte === 10).length
        assert.deepStrictEqual(yield* readRows(path, schema), rows.slice(0, ends))
        yield* dropIncompleteRow(path)
        yield* appendRows(path, [{ step: 9 }])
        assert.deepStrictEqual(yield* readRows(path, schema), [...rows.slice(0, ends), { step: 9 }])
      }
    }),
  )

  it.effect.each([
    ['{"step": 1', 'invalid JSON: Expected'],
    ['{"step": 1.5}', 'step: '],
    ['{"step": 1, "step": 2}', 'the key "step" occurs twice'],
    ['{"step": NaN}', 'invalid JSON'],
  ] as const)('names the line that is no row: %s', ([line, problem]) =>
    Effect.gen(function* () {
      const path = join(folder, 'wrong.jsonl')
      writeFileSync(path, `{"step": 0}\n\n${line}\n{"step": 2}\n`)
      const error = yield* Effect.flip(readRows(path, schema))
      assert.strictEqual(error.subject, `${path}:3`)
      assert.include(error.problem, problem)
      assert.include(error.remedy, 'remove it')
    }),
  )

  it.effect('is as it was where the disk has no space for a row', () =>
    Effect.gen(function* () {
      const path = join(folder, 'full.jsonl')
      appendFileSync(path, '{"step": 0}\n')
      const files = join(import.meta.dirname, '../../files/append.ts')
      const script = `import { appendRowsSync } from ${JSON.stringify(files)}
        try { appendRowsSync(${JSON.stringify(path)}, [{ step: 1, note: 'x'.repeat(5000) }]) } catch (error) { console.log(error.code) }`
      const program = [process.execPath, '--input-type=module', '-e', script]
      const { stdout } = spawnSync('sh', ['-c', 'ulimit -f 1; exec "$0" "$@"', ...program], {
        encoding: 'utf8',
      })
      assert.strictEqual(stdout.trim(), 'EFBIG')
      assert.strictEqual(readFileSync(path, 'utf8'), '{"step": 0}\n')
      assert.deepStrictEqual(yield* readRows(path, schema), [{ step: 0 }])
    }),
  )
})
