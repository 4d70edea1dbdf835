import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { random } from '../../core/index.ts'
import { readState, type TrainerState, writeState } from '../../engine/training/index.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'spanwise-state-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Long enough for several portions of a file. */
const long = () => {
  const source = random('state')
  const pool = Float32Array.from({ length: 9973 }, () => source.normal())
  return Float32Array.from({ length: 5_000_003 }, (_, index) => pool[index % pool.length]!)
}

const state = (): TrainerState => ({
  step: 7,
  arrays: new Map([
    ['a', Float32Array.of(1, -2.5)],
    ['é', new Float32Array(0)],
    ['long', long()],
    ['b', Float32Array.of(3e-45, Number.NaN)],
  ]),
})

describe('a saved state', () => {
  it.effect('comes back to the bit, from a file larger than what is read at once', () =>
    Effect.gen(function* () {
      const file = path.join(folder, 'whole')
      yield* writeState(file, state())
      const { step, arrays } = yield* readState(file)
      assert.strictEqual(step, 7)
      assert.deepEqual([...arrays.keys()], ['a', 'é', 'long', 'b'])
      for (const [name, data] of state().arrays)
        assert.isTrue(Buffer.from(data.buffer).equals(Buffer.from(arrays.get(name)!.buffer)), name)
      assert.deepEqual(readdirSync(folder), ['whole'])
    }),
  )

  it.effect('is refused wherever it is damaged, with a remedy, and nothing is filled', () =>
    Effect.gen(function* () {
      const file = path.join(folder, 'damaged')
      const small: TrainerState = {
        step: 3,
        arrays: new Map([
          ['first', Float32Array.from({ length: 30_000 }, (_, i) => i)],
          ['second', Float32Array.of(1, 2, 3)],
        ]),
      }
      yield* writeState(file, small)
      const bytes = readFileSync(file)
      const source = random('damage')
      const flipped = (count: number, from: number, to: number) => {
        const damaged = Buffer.from(bytes)
        for (let i = 0; i < count; i++) damaged[source.int(from, to - 1)]! ^= 1 << source.int(0, 7)
        return damaged
      }
      const body = bytes.indexOf('\n') + 1
      const cases: ReadonlyArray<readonly [Buffer, RegExp]> = [
        [flipped(40_000, body + 20, bytes.length), /(first|second) does not match its checksum/],
        [flipped(1, body + 20, body + 100_000), /first does not match its checksum/],
        [flipped(1, bytes.length - 8, bytes.length), /second does not match its checksum/],
        [flipped(1, 1, body - 1), /is not a saved state, or its header is damaged|checksums/],
        [bytes.subarray(0, bytes.length - 9), /ends inside second/],
        [bytes.subarray(0, body + 500), /ends inside first/],
        [bytes.subarray(0, 30), /is not a saved state/],
        [Buffer.alloc(0), /is not a saved state/],
        [Buffer.concat([bytes, Buffer.alloc(4)]), /has 4 bytes after its last array/],
      ]
      for (const [content, problem] of cases) {
        writeFileSync(file, content)
        const into = new Map([...small.arrays].map(([name, data]) => [name, new Float32Array(data.length)]))
        const error = yield* Effect.flip(readState(file, into))
        assert.match(error.message, problem)
        assert.strictEqual(error.remedy, `remove ${folder} to continue from the checkpoint before it`)
        for (const data of into.values()) assert.isTrue(data.every((value) => value === 0))
      }
    }),
  )

  it.effect('of an older version or an absent one says so, each with its own remedy', () =>
    Effect.gen(function* () {
      const file = path.join(folder, 'old')
      writeFileSync(file, '{"magic":"spanwise-state-1","step":1,"arrays":[]}\n')
      assert.match((yield* Effect.flip(readState(file))).message, /stored no checksums; remove /)
      const absent = yield* Effect.flip(readState(path.join(folder, 'absent')))
      assert.strictEqual(
        absent.message,
        `${folder}/absent: cannot be read (ENOENT); check that it exists and may be read`,
      )
      const blocked = yield* Effect.flip(writeState(path.join(file, 'below'), { step: 0, arrays: new Map() }))
      assert.match(blocked.message, /cannot be written \((ENOTDIR|EEXIST)\); /)
    }),
  )
})
