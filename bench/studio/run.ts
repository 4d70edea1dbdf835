/*
 * The studio over ten million verdicts. Usage:
 *   node bench/studio/run.ts [--verdicts 10000000] [--part-size ROWS] [--folder DIR] [--keep]
 * Makes and merges a run as bench/store does (minutes; what an earlier or interrupted start left in DIR is used), starts
 * the real command on it and measures over HTTP, from the request to the last byte of the answer: the first page once
 * it listens, the time until the samples of both agents are joined, filtered and sorted pages, deep pages, the next
 * sample of a page, pages while a fold writes, and the most memory of the server's process. Removes the run at the end,
 * unless --keep. Exits with 1 where a first page takes more than 1 s, a filtered and sorted one more than 0.3 s, a next
 * sample more than 0.1 s, or the server more than 1 GB.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Effect } from 'effect'
import { boundaryReflection, difficultyEstimation } from '../../agents/index.ts'
import { defaultPartSize } from '../../folds/index.ts'
import type { Page, Runs, SampleDetail, ViewInput } from '../../studio/api/index.ts'
import { makeRun } from '../store/make.ts'

const { values: flags } = parseArgs({
  options: {
    verdicts: { type: 'string', default: '10000000' },
    'part-size': { type: 'string', default: String(defaultPartSize) },
    folder: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const verdicts = Number(flags.verdicts)
// Always the same, so that a start goes on with what an interrupted one has made.
const folder = resolve(flags.folder ?? join(tmpdir(), 'spanwise-bench-studio'))
const run = join(folder, `run-${verdicts}-${flags['part-size']}`)

let broken = 0
const say = (what: string, figure: string): void => console.log(`${what.padEnd(58)} ${figure}`)
const judge = (what: string, value: number, limit: number, unit: string): void => {
  const kept = value <= limit
  if (!kept) broken++
  say(what, `${value.toFixed(3)} ${unit} (goal: ${limit} ${unit}) ${kept ? 'kept' : 'BROKEN'}`)
}
say('processor', `${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`)

const made = performance.now()
await Effect.runPromise(makeRun(run, verdicts, Number(flags['part-size'])))
say('part files made in', `${((performance.now() - made) / 1000).toFixed(0)} s`)
for (const { name } of [boundaryReflection, difficultyEstimation])
  writeFileSync(join(run, name, 'settings.json'), '{}')
execFileSync(process.execPath, [join(import.meta.dirname, '..', 'store', 'measure.ts'), run, 'merge'])

const child = spawn(
  process.execPath,
  [join(import.meta.dirname, '..', '..', 'bin', 'spanwise.js'), 'studio', '--run', run, '--json'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
// Also where a measurement fails.
process.once('exit', () => child.kill())
const url = await new Promise<URL>((listening, failed) => {
  child.stdout.once('data', (piece) => listening(new URL(JSON.parse(String(piece)).url)))
  child.once('exit', (code) => failed(new Error(`the studio ended with ${code}`)))
})
/** The most memory of the server since the last call, in GB. */
let most = 0
const sayPeak = (when: string): void => {
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1e6
  writeFileSync(`/proc/${child.pid}/clear_refs`, '5')
  most = Math.max(most, peak)
  say(`memory: ${when}`, `${peak.toFixed(3)} GB`)
}
const headers = { authorization: `Bearer ${url.searchParams.get('token')}` }
const ask = async <A>(path: string): Promise<readonly [seconds: number, answer: A]> => {
  const started = performance.now()
  const response = await fetch(new URL(`/api/${path}`, url), { headers })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  return [(performance.now() - started) / 1000, JSON.parse(text)]
}
const [, { home }] = await ask<Runs>('runs')
const page = (view: ViewInput, more = '') =>
  ask<Page>(`runs/${home}/table?view=${encodeURIComponent(JSON.stringify(view))}${more}`)

const since = performance.now()
const [first] = await page({})
judge('first page, both agents side by side', first, 1, 's')
sayPeak('first page')
while (!(await page({}))[1].ready) await sleep(500)
say('copied and joined in the background after', `${((performance.now() - since) / 1000).toFixed(1)} s`)

sayPeak('while everything is copied and joined')
const [, { total }] = await page({})
say('samples', String(total))
const views: { readonly [name: string]: ViewInput } = {
  'hard samples of a dataset, hardest first': {
    filters: [
      { op: 'in', column: 'dataset', values: ['charades'] },
      { op: 'in', column: 'band', values: ['hard'] },
    ],
    sort: [{ column: 'difficulty', descending: true }],
  },
  'partial by SQL, by score': {
    where: "verdict = 'partial' AND score > 0.5 AND mean_iou < 0.4",
    sort: [{ column: 'score', descending: true }],
  },
  'most uncertain of all': { sort: [{ column: 'uncertainty', descending: true }] },
  'query contains a word': { filters: [{ op: 'contains', column: 'query', text: 'laptop' }] },
}
for (const [name, view] of Object.entries(views)) {
  judge(`page: ${name}`, (await page(view))[0], 0.3, 's')
  say('  the same again, its rows counted', `${(await page(view))[0].toFixed(3)} s`)
  say('  its row 20 000', `${(await page(view, '&offset=20000'))[0].toFixed(3)} s`)
}
judge('page in the middle of all', (await page({}, `&offset=${total >> 1}`))[0], 0.3, 's')
const [drawn] = await ask(`runs/${home}/histogram?column=difficulty`)
say('histogram of a number', `${drawn.toFixed(3)} s`)
const [queued] = await ask(`runs/${home}/queue?reviewer=bench`)
say('queue by uncertainty', `${queued.toFixed(3)} s`)

const [, shown] = await page(views['most uncertain of all']!)
const seconds: Array<number> = []
for (const row of shown.rows.slice(0, 20)) {
  const [time] = await ask<SampleDetail>(`runs/${home}/samples/${row[0]}`)
  seconds.push(time)
}
judge('next sample of a page, slowest of 20', Math.max(...seconds), 0.1, 's')
sayPeak('pages, figures and samples')

// A fold writes a part file meanwhile: pages go on from the last state until the next is there.
const agent = join(run, boundaryReflection.name)
const [fold] = readdirSync(agent).filter((name) => name.startsWith('fold-'))
const writing = join(agent, 'fold-90000000-90001024')
mkdirSync(writing)
cpSync(join(agent, fold!, 'part-00000.parquet'), join(writing, 'part-00000.parquet'))
const written = performance.now()
const paged: Array<number> = []
const { revision } = shown
for (let now = revision; now === revision; await sleep(200)) {
  const [time, answer] = await page(views['most uncertain of all']!)
  paged.push(time)
  now = answer.revision
}
say('a part that a fold writes is shown after', `${((performance.now() - written) / 1000).toFixed(1)} s`)
const middle = paged.toSorted((a, b) => a - b)[paged.length >> 1]!
say(
  '  sorted pages meanwhile, median and slowest',
  `${middle.toFixed(3)} s; ${Math.max(...paged).toFixed(3)} s`,
)
sayPeak('while it is read')
rmSync(writing, { recursive: true })

judge('most memory of the server', most, 1, 'GB')

child.removeAllListeners('exit')
if (flags.keep) say('kept', run)
else rmSync(flags.folder === undefined ? folder : run, { recursive: true })
process.exit(broken === 0 ? 0 : 1)
