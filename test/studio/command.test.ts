import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Runs } from '../../studio/api/index.ts'
import { entry, spanwiseHere } from '../cli/command-line.ts'
import { hostile, smallRun } from './small-run.ts'

let root: string
const run = (...words: ReadonlyArray<string>) => spanwiseHere(root, ...words)

beforeAll(async () => {
  root = await smallRun()
  // A training that is older than the verdicts.
  const old = join(root, 'runs', 'old')
  mkdirSync(old)
  writeFileSync(join(old, 'run.json'), '{"kind":"sft","settings":{}}')
  writeFileSync(join(old, 'metrics.jsonl'), '{"step":0}\n')
  utimesSync(join(old, 'metrics.jsonl'), 1, 1)
}, 60_000)
afterAll(() => rmSync(root, { recursive: true }))

/** The studio's process, its URL once it listens, and what it printed until then. */
const start = async (...words: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [entry, 'studio', ...words], { cwd: root })
  let out = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (piece) => {
      out += piece
      if (out.includes('\n')) resolve()
    })
    child.on('exit', (code) => reject(new Error(`exit ${code}`)))
  })
  return { child, out }
}

const statusOf = (url: URL, path: string, headers: Readonly<Record<string, string>> = {}) =>
  new Promise<number>((resolve, reject) => {
    const sent = request({ host: url.hostname, port: url.port, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })

describe('spanwise studio', () => {
  it('prints one object with its URL when it listens, opens the newest run, and ends when it is told to', async () => {
    const { child, out } = await start('--json')
    const printed = JSON.parse(out)
    expect(Object.keys(printed)).toEqual(['url'])
    const url = new URL(printed.url)
    expect(url.hostname).toBe('127.0.0.1')
    const token = url.searchParams.get('token')!
    expect(token.length).toBeGreaterThanOrEqual(16)
    const answer = await fetch(new URL('/api/runs', url), { headers: { authorization: `Bearer ${token}` } })
    const runs = (await answer.json()) as Runs
    expect(runs.home).toBe('small')
    expect(runs.runs.map(({ id, kind }) => [id, kind])).toEqual([
      ['small', 'curation'],
      ['old', 'training'],
    ])
    const ask = (headers: Readonly<Record<string, string>>) =>
      statusOf(url, `/api/runs?token=${token}`, headers)
    expect([
      await statusOf(url, '/api/runs'),
      await ask({}),
      await ask({ host: 'evil.example' }),
      await ask({ origin: 'http://evil.example' }),
    ]).toEqual([401, 200, 403, 403])
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
  })

  it('refuses in one line', async () => {
    const refused = [
      [
        ['--host', '0.0.0.0'],
        /^spanwise: --host 0\.0\.0\.0: may be reachable .* no token is set; add --token/,
      ],
      [['--host', '127.0.0.1'], /no token is set/],
      [['--token', 'short'], /^spanwise: --token: has 5 characters/],
      [['--run', 'nowhere'], /nowhere: does not exist; /],
      [['--run', 'rows'], /rows: contains no run; /],
      [['--port', '70000'], /a port from 0 to 65535/],
    ] as const
    const ended = await Promise.all(refused.map(([words]) => run('studio', '--no-open', ...words)))
    for (const [index, { code, out, err }] of ended.entries()) {
      expect([code, out, err.trim().split('\n').length]).toEqual([2, '', 1])
      expect(err).toMatch(refused[index]![1])
    }
  })
})

describe('spanwise report', () => {
  it('writes one file about a run on own data, with frames, and hostile text as text', async () => {
    const { code, out } = await run('report', '--run', 'runs/small', '--json')
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { out: join(root, 'runs/small/report.html'), flagged: 4, verdicts: 10 },
    ])
    const html = readFileSync(join(root, 'runs/small/report.html'), 'utf8')
    expect(html.match(/data:image\/jpeg/g)).toHaveLength(4 * 12)
    expect(html).not.toContain('<script')
    expect(html).not.toContain(hostile)
    expect(html).not.toMatch(/(src|href)="(?!data:)/)
    expect(html).toContain('&lt;script&gt;alert(1)')
    expect((await run('report', '--run', 'runs/small', '--count', '1', '--json')).out).toContain(
      '"flagged":1',
    )
  })

  it("overwrites no file of the user's, and says where no verdicts are", async () => {
    writeFileSync(join(root, 'mine.html'), '<p>mine</p>')
    const kept = await run('report', '--run', 'runs/small', '--out', 'mine.html')
    expect([kept.code, kept.err]).toEqual([2, expect.stringMatching(/did not write it; set --out/)])
    expect(readFileSync(join(root, 'mine.html'), 'utf8')).toBe('<p>mine</p>')
    expect((await run('report', '--run', 'runs/old')).code).toBe(2)
  })
})
