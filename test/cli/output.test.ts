import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fitted } from '../../cli/display.ts'
import { plainJson, plainLine, plainText, typedCommands } from '../../core/index.ts'
import { spanwise, spanwiseHere, spanwiseWith } from './command-line.ts'
import { writeRows } from './workplace.ts'

const escape = String.fromCharCode(27)
const hostile = `a${escape}[31mred${escape}]0;title${String.fromCharCode(7)}b\u009b2Jc\u202ed`

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'spanwise-output-'))
  mkdirSync(join(root, 'many'))
  writeRows(
    join(root, 'many', 'test.jsonl'),
    Array.from({ length: 2000 }, (_, i) => ({ video: `${i}.mp4`, query: `query number ${i}` })),
  )
  mkdirSync(join(root, 'hostile'))
  writeRows(join(root, 'hostile', 'test.jsonl'), [{ video: `${hostile}.mp4`, query: hostile }])
})
afterAll(() => rmSync(root, { recursive: true }))
const run = (...args: ReadonlyArray<string>) => Effect.runPromise(spanwise(root, ...args))
const check = (name: string, ...more: ReadonlyArray<string>) =>
  run('datasets', 'check', 'jsonl', '--annotations', name, '--videos', '.', '--split', 'test', ...more)

describe('output', () => {
  it('is whole in a pipe, whatever the exit code', async () => {
    const { code, out } = await check('many', '--json')
    expect(code).toBe(3)
    expect(out.length).toBeGreaterThan(1 << 17)
    expect(JSON.parse(out)).toMatchObject({ videos: 2000, missing: 2000 })
  })

  it('shows what others wrote as text, and gives it to machines as it is', async () => {
    const shown = await check('hostile')
    expect(shown.out).toMatch(/^aredbcd\.mp4: missing: /)
    for (const text of [shown.out, shown.err]) expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u)
    const told = await check('hostile', '--json')
    expect(told.out.trimEnd()).not.toMatch(/\p{Cc}|\u202e/u)
    expect(JSON.parse(told.out).faults[0].file).toBe(`${hostile}.mp4`)
  })

  it('names commands that can be typed as they stand', async () => {
    const { code, err } = await spanwiseHere(root, 'curate', '--run', 'my run')
    expect(code).toBe(2)
    expect(err).toMatch(/run "npx pnpm@12 spanwise dea --run 'my run'" first\n$/)
    const unknown = await spanwiseHere(root, 'bra', '--datset', 'x')
    expect(unknown.err).toMatch(/see "npx pnpm@12 spanwise bra --help"\n$/)
  })
})

describe('text of others', () => {
  it.for([
    [`${escape}[2J${escape}[1;31mx`, 'x'],
    [`${escape}]8;;http://x${escape}\\link${escape}]8;;${escape}\\`, 'link'],
    [`${escape}Pq#0${escape}\\x${escape}7`, 'x'],
    ['\u009b31mx\u009d0;t\u0007y', 'xy'],
    ['a\rb\u0000c\u007f\tkept\nline', 'abc\tkept\nline'],
    ['\u202eevil\u2066', 'evil'],
    ['naïve 你好 🎬', 'naïve 你好 🎬'],
  ] as const)('loses what a terminal obeys: %j', ([text, plain]) => {
    expect(plainText(text)).toBe(plain)
  })

  it('is one line where one is wanted, and JSON stays the same value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plainLine(text)).not.toMatch(/\p{Cc}/u)
        expect(plainText(text)).not.toContain(escape)
        expect(JSON.parse(plainJson({ text }))).toEqual(JSON.parse(JSON.stringify({ text })))
        expect(plainJson({ text })).not.toMatch(/\p{Cc}|[\u202a-\u202e]/u)
      }),
    )
  })

  it('gets its commands in full', () => {
    expect(typedCommands('run "spanwise dea --run x" or `spanwise folds merge`')).toBe(
      'run "npx pnpm@12 spanwise dea --run x" or `npx pnpm@12 spanwise folds merge`',
    )
    expect(typedCommands('the spanwise package "spanwise" 0.1')).toBe('the spanwise package "spanwise" 0.1')
  })
})

describe('the progress line', () => {
  it('never fills the terminal, whatever its width', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        fc.string({ unit: 'grapheme', maxLength: 150 }),
        fc.nat(1000),
        (columns, line, done) => {
          const text = fitted({ label: 'x', done, total: 1000 }, line, columns)
          expect([...text].length).toBeLessThan(columns)
          expect(text).not.toContain('\n')
        },
      ),
    )
  })

  it('shows the bar where there is room', () => {
    expect(fitted({ label: 'dea', done: 5, total: 10 }, 'dea  5/10', 80)).toBe(
      `[${'='.repeat(12)}${' '.repeat(12)}] dea  5/10`,
    )
    expect(fitted({ label: 'dea', done: 5, total: 10 }, 'dea  5/10  50 %', 20)).toBe('dea  5/10  50 %')
    expect(fitted({ label: 'dea', done: 5, total: 10 }, 'dea  5/10  50 %', 10)).toBe('dea  5/1…')
  })
})

describe('the compile cache', () => {
  const list = (home: string, temporary: string) =>
    Effect.runPromise(
      spanwiseWith(
        { HOME: home, XDG_CACHE_HOME: '', TMPDIR: temporary, NODE_COMPILE_CACHE: '' },
        root,
        'datasets',
        'list',
      ),
    )
  it("is in the user's own folder, closed to others", async () => {
    const [home, temporary] = [mkdtempSync(join(root, 'home-')), mkdtempSync(join(root, 'tmp-'))]
    expect((await list(home, temporary)).code).toBe(0)
    const cache = join(home, '.cache', 'spanwise', 'compile')
    expect(statSync(cache).mode & 0o777).toBe(0o700)
    expect(readdirSync(cache)).not.toEqual([])
    expect(readdirSync(temporary)).toEqual([])
  })

  it.for([0o777, 0o750])('is not used where others could have written or read, mode %i', async (mode) => {
    const home = mkdtempSync(join(root, 'open-'))
    const cache = join(home, '.cache', 'spanwise', 'compile')
    mkdirSync(cache, { recursive: true })
    writeFileSync(join(cache, 'planted'), '')
    chmodSync(cache, mode)
    expect((await list(home, home)).code).toBe(0)
    expect(readdirSync(cache)).toEqual(['planted'])
    expect(existsSync(join(home, 'node-compile-cache'))).toBe(false)
  })
})
