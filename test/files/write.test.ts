import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { appendRows, appendRowsSync, whole, wholeSync, writeJson, writeWholeSync } from '../../files/index.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'spanwise-write-'))

describe('what is written whole', () => {
  it('leaves the old content and nothing else where making it fails', async () => {
    const root = folder()
    const path = join(root, 'a.json')
    writeWholeSync(path, 'old')
    const fail = (temporary: string) => {
      writeFileSync(temporary, 'half')
      throw new Error('no space')
    }
    expect(() => wholeSync(path, fail)).toThrow('no space')
    await expect(whole(path, async (temporary) => fail(temporary))).rejects.toThrow('no space')
    expect(readdirSync(root)).toEqual(['a.json'])
    expect(readFileSync(path, 'utf8')).toBe('old')
  })

  it('puts a folder in place of a folder', async () => {
    const root = folder()
    const path = join(root, 'model')
    for (const text of ['one', 'two'])
      await whole(path, async (temporary) => {
        mkdirSync(temporary)
        writeFileSync(join(temporary, text), text)
      })
    expect(readdirSync(root)).toEqual(['model'])
    expect(readdirSync(path)).toEqual(['two'])
  })

  it('names the file, the error and the remedy where it cannot be', async () => {
    const root = folder()
    writeFileSync(join(root, 'file'), '')
    const error = await Effect.runPromise(Effect.flip(writeJson(join(root, 'file', 'x.json'), 1)))
    expect(error.message).toMatch(/x\.json: cannot be written \((ENOTDIR|EEXIST)\); move the existing file/)
  })

  it('or appended line by line', async () => {
    const path = join(folder(), 'rows.jsonl')
    await Effect.runPromise(appendRows(path, [{ a: 1 }, { a: 2 }]))
    appendRowsSync(path, [{ a: 3 }])
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":2}\n{"a":3}\n')
  })
})
