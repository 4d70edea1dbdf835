import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@effect/vitest'
import fc from 'fast-check'
import {
  bytesIn,
  canonical,
  contentIdentity,
  duplicateKey,
  elementsIn,
  linesIn,
  locate,
  parseJson,
} from '../../files/index.ts'

/** Values without integers beyond 2^53, which JSON.parse rounds. */
const value = fc.jsonValue({ maxDepth: 3 }).filter((one) => !/\d{16}/.test(JSON.stringify(one)))

const folder = mkdtempSync(join(tmpdir(), 'spanwise-files-'))
const file = (content: string | Uint8Array, name = 'file') => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const lines = async (path: string, limit?: number) => {
  const all = []
  for await (const portion of linesIn(path, limit)) all.push(...portion)
  return all
}
const elements = async (path: string, shape: 'list' | 'map', limit?: number) => {
  const all = []
  for await (const element of elementsIn(path, shape, limit)) all.push(element)
  return all
}

describe('JSON', () => {
  it('keeps integers that a double cannot hold, as text', () => {
    expect(
      parseJson('[9007199254740993, 9007199254740992, -12345678901234567, 1.5, 1e3, 0.1234567890123456]'),
    ).toEqual({
      value: ['9007199254740993', '9007199254740992', '-12345678901234567', 1.5, 1000, 0.1234567890123456],
    })
  })

  it('tells a key that an object has twice, at any depth', () => {
    expect(duplicateKey('{"a": 1, "b": {"c": 1,\n "c": 2}}')).toEqual({ key: 'c', line: 2, before: 1 })
    expect(duplicateKey('[{"a": "\\"a\\":"}, {"a": {"a": 1}}]')).toBeNull()
    expect(parseJson('{"x": 1, "\\u0078": 2}')).toMatchObject({ problem: 'the key "x" occurs twice' })
  })

  it('agrees with JSON.parse on every value, and never throws', () => {
    fc.assert(
      fc.property(
        value.map((one) => JSON.stringify(one)),
        fc.nat(),
        fc.string({ maxLength: 2 }),
        (text, place, noise) => {
          expect(parseJson(text)).toEqual({ value: JSON.parse(text) })
          const at = place % (text.length + 1)
          const broken = parseJson(text.slice(0, at) + noise + text.slice(at + 1))
          expect('value' in broken || broken.problem.length > 0).toBe(true)
        },
      ),
    )
  })

  it('in canonical form does not depend on the order of keys', () => {
    expect(canonical({ b: [1, { d: null, c: 'x' }], a: true, e: undefined })).toBe(
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    )
  })
})

describe('a file of lines', () => {
  it('gives back its lines with their numbers, whatever the portions and line ends', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'ß', '€', ' ', '"') })
    await fc.assert(
      fc.asyncProperty(
        fc.array(text),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (all, end, packed) => {
          const content = `\ufeff${all.join(end)}`
          const path = packed ? file(gzipSync(content), 'x.gz') : file(content, 'x')
          const expected = all
            .map((one, index) => ({ line: index + 1, text: one }))
            .filter((one) => one.text.trim() !== '')
          expect(await lines(path)).toEqual(expected)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('refuses a line that is too long or not UTF-8, and reads the others', async () => {
    const path = file(
      Buffer.concat([
        Buffer.from(`a\n${'x'.repeat(3_000_000)}\nb\n`),
        Buffer.from([0xff, 10]),
        Buffer.from('c'),
      ]),
    )
    expect(await lines(path, 2_000_000)).toEqual([
      { line: 1, text: 'a' },
      { line: 2, text: '', problem: 'is longer than 2000000 bytes' },
      { line: 3, text: 'b' },
      { line: 4, text: '', problem: 'is not UTF-8 text' },
      { line: 5, text: 'c' },
    ])
  })

  it('that is absent is an error of the reader and of nothing else, packed or not', async () => {
    const script = `import { linesIn } from ${JSON.stringify(join(import.meta.dirname, '../../files/stream.ts'))}
      for (const name of ['absent.jsonl', 'absent.jsonl.gz'])
        try { for await (const _ of linesIn(name)); } catch (error) { console.log(name, error.code) }`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect({ stdout, status }).toEqual({
      stdout: 'absent.jsonl ENOENT\nabsent.jsonl.gz ENOENT\n',
      status: 0,
    })
  })

  it('packed to a tiny part of its size is refused before it fills the memory', async () => {
    const path = file(gzipSync(Buffer.alloc(300 << 20)), 'bomb.jsonl.gz')
    await expect(
      (async () => {
        for await (const _ of bytesIn(path));
      })(),
    ).rejects.toThrow(/unpacks to more than 200 times/)
  })
})

describe('a JSON list or map', () => {
  it('is read entry by entry as JSON.parse reads it whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value),
        fc.dictionary(fc.string(), value),
        fc.constantFrom(0, 1),
        async (list, map, space) => {
          const read = async (whole: unknown, shape: 'list' | 'map') =>
            elements(file(JSON.stringify(whole, null, space)), shape)
          expect((await read(list, 'list')).map((one) => one.value)).toEqual(JSON.parse(JSON.stringify(list)))
          const found = await read(map, 'map')
          expect(new Map(found.map((one) => [one.key, one.value]))).toEqual(
            new Map(Object.entries(JSON.parse(JSON.stringify(map)))),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it.each([
    ['[1,\n2', /^2: invalid JSON: the text ends/],
    ['[1,\n2] 3', /^2: .*more text/],
    ['[1,,2]', /a comma without an entry/],
    ['{"a": 1}', /is not a list/],
    ['x', /^1: invalid JSON/],
    [`["${'y'.repeat(100)}"]`, /an entry is longer than 50 bytes/],
  ])('%j is refused', async (text, message) => {
    await expect(elements(file(text), 'list', 50)).rejects.toThrow(message)
  })

  it('names the line of an entry that is no JSON', async () => {
    expect(await elements(file('{"a": 1,\n"b":\nnan}'), 'map')).toMatchObject([
      { key: 'a', value: 1 },
      { line: 3, problem: expect.stringMatching(/invalid JSON/) },
    ])
  })
})

it('a video is found by its absolute path and under either form of an accent', () => {
  const absolute = file('x', 'plain.mp4')
  expect(locate('/elsewhere', absolute)).toBe(absolute)
  const decomposed = file('x', 'cafe\u0301.mp4')
  expect(locate(folder, 'caf\u00e9.mp4')).toBe(decomposed)
  const composed = file('x', 'n\u00e9.mp4')
  expect(locate(folder, 'ne\u0301.mp4')).toBe(composed)
  expect(locate(folder, 'nö.mp4')).toBe(join(folder, 'nö.mp4'))
})

it('the content of a file is told by size and both ends', () => {
  const a = file('same', 'a')
  const b = file('same', 'b')
  const c = file('sane', 'c')
  expect(contentIdentity(a)).toBe(contentIdentity(b))
  expect(contentIdentity(a)).not.toBe(contentIdentity(c))
  expect(contentIdentity(join(folder, 'absent'))).toBeNull()
})
