import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import fc from 'fast-check'
import { z } from 'zod'
import { followRows } from '../../files/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'spanwise-follow-'))
const schema = z.object({ step: z.int(), note: z.string().optional() })
const line = (step: number, note?: string) => `${JSON.stringify({ step, note })}\n`
const of = (...steps: ReadonlyArray<number>) => steps.map((step) => ({ step }))

describe('a record that is followed', () => {
  it.effect('gives each row once, when its line has ended, wherever the bytes are cut', () =>
    Effect.gen(function* () {
      const path = join(folder, 'grows.jsonl')
      const look = followRows(path, schema)
      assert.deepStrictEqual(yield* look, { before: 0, rows: [] })
      const bytes = Buffer.from(`${line(0, 'é €')}\n${line(1)}`)
      let found = 0
      for (const byte of bytes) {
        appendFileSync(path, Buffer.of(byte))
        const { before, rows } = yield* look
        assert.strictEqual(before, found)
        found += rows.length
      }
      assert.strictEqual(found, 2)
      appendFileSync(path, `${line(2)}${line(3)}{"step": 4`)
      assert.deepStrictEqual(yield* look, { before: 2, rows: of(2, 3) })
      assert.deepStrictEqual(yield* look, { before: 4, rows: [] })
      appendFileSync(path, '2}\n')
      assert.deepStrictEqual(yield* look, { before: 4, rows: of(42) })
    }),
  )

  it.effect('is not read again from its start', () =>
    Effect.gen(function* () {
      const path = join(folder, 'long.jsonl')
      const look = followRows(path, schema)
      writeFileSync(path, [0, 1, 2].map((step) => line(step, 'x'.repeat(3000))).join(''))
      assert.lengthOf((yield* look).rows, 3)
      const file = openSync(path, 'r+')
      writeSync(file, 'not a row any more', 0)
      closeSync(file)
      appendFileSync(path, line(3))
      assert.deepStrictEqual(yield* look, { before: 3, rows: of(3) })
    }),
  )

  it.effect('is read anew where it was cut or replaced, even if it is as long again by then', () =>
    Effect.gen(function* () {
      const path = join(folder, 'cut.jsonl')
      const look = followRows(path, schema)
      writeFileSync(path, [0, 1, 2, 3].map((step) => line(step)).join(''))
      assert.deepStrictEqual(yield* look, { before: 0, rows: of(0, 1, 2, 3) })
      truncateSync(path, 2 * line(0).length)
      assert.deepStrictEqual(yield* look, { before: 0, rows: of(0, 1) })
      // A resumed run replaces the file by its kept rows and goes on, all between two looks.
      writeFileSync(`${path}.new`, `${line(0)}${line(7)}${line(8)}`)
      renameSync(`${path}.new`, path)
      assert.deepStrictEqual(yield* look, { before: 0, rows: of(0, 7, 8) })
      rmSync(path)
      assert.deepStrictEqual(yield* look, { before: 0, rows: [] })
      writeFileSync(path, line(5))
      assert.deepStrictEqual(yield* look, { before: 0, rows: of(5) })
    }),
  )

  it.effect('names a line that is no row until it is restored, and loses none', () =>
    Effect.gen(function* () {
      const path = join(folder, 'damaged.jsonl')
      const look = followRows(path, schema)
      writeFileSync(path, line(0))
      yield* look
      appendFileSync(path, `\n${line(1)}{"step": 1.5}\n`)
      for (let again = 0; again < 2; again++) {
        const error = yield* Effect.flip(look)
        assert.strictEqual(error.subject, `${path}:4`)
        assert.include(error.problem, 'step: ')
      }
      truncateSync(path, line(0).length + 1 + line(1).length)
      assert.deepStrictEqual(yield* look, { before: 1, rows: of(1) })
    }),
  )

  it.effect('has the rows of the whole file after any appends and cuts', () => {
    const change = fc.record({ kept: fc.nat(8), added: fc.nat(3), begun: fc.nat(10) })
    const path = join(folder, 'any.jsonl')
    const check = async (changes: ReadonlyArray<{ kept: number; added: number; begun: number }>) => {
      rmSync(path, { force: true })
      const look = followRows(path, schema)
      let steps: ReadonlyArray<number> = []
      let told: ReadonlyArray<unknown> = []
      for (const [at, { kept, added, begun }] of changes.entries()) {
        const fresh = Array.from({ length: added }, (_, index) => 1000 * at + index)
        steps = [...steps.slice(0, kept), ...fresh]
        writeFileSync(path, steps.map((step) => line(step)).join('') + line(at, 'unfinished').slice(0, begun))
        const { before, rows } = await Effect.runPromise(look)
        told = [...told.slice(0, before), ...rows]
        assert.deepStrictEqual(told, of(...steps))
      }
    }
    return Effect.promise(() =>
      fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 10 }), check), { numRuns: 40 }),
    )
  })
})
