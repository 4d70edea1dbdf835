/*
 * Merging and asking a run of ten million verdicts. Usage:
 *   node bench/store/run.ts [--verdicts 10000000] [--part-size ROWS] [--folder DIR] [--keep]
 * Makes the part files first (minutes, and about 450 bytes of disk for each verdict), in DIR, a new folder of the system's
 * temporary one unless given; a run that an earlier start with --keep left in DIR is used as it is. Then measures, each in a
 * process of its own with two threads of DuckDB and its own limit of memory: the merge into curation.duckdb, a filtered and sorted
 * page of several kinds, and the same from the part files. Exits with 1 where ten million verdicts take more than 60 s to
 * merge, a page more than 0.3 s, or a process more than 1.5 GB.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Effect } from 'effect'
import { defaultPartSize } from '../../folds/index.ts'
import { makeRun } from './make.ts'
import type { Measured } from './measure.ts'

const { values: flags } = parseArgs({
  options: {
    verdicts: { type: 'string', default: '10000000' },
    'part-size': { type: 'string', default: String(defaultPartSize) },
    folder: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const verdicts = Number(flags.verdicts)
const folder = resolve(flags.folder ?? mkdtempSync(join(tmpdir(), 'spanwise-bench-store-')))
const run = join(folder, `run-${verdicts}-${flags['part-size']}`)

const say = (what: string, figure: string): void => console.log(`${what.padEnd(66)} ${figure}`)

const measure = (what: string): ReadonlyArray<Measured> => {
  const script = join(import.meta.dirname, 'measure.ts')
  return JSON.parse(execFileSync(process.execPath, [script, run, what], { encoding: 'utf8' }))
}

let broken = 0
const judge = (what: string, value: number, limit: number, unit: string, digits: number): void => {
  const kept = value <= limit
  if (!kept) broken++
  say(what, `${value.toFixed(digits)} ${unit} (law: ${limit} ${unit}) ${kept ? 'kept' : 'BROKEN'}`)
}

say('processor', `${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`)
if (!existsSync(run)) {
  const unfinished = `${run}.tmp`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const started = performance.now()
  await Effect.runPromise(makeRun(unfinished, verdicts, Number(flags['part-size'])))
  execFileSync('mv', [unfinished, run])
  say('made part files in', `${((performance.now() - started) / 1000).toFixed(0)} s`)
}
rmSync(join(run, 'curation.duckdb'), { force: true })

for (const { name, seconds, note } of measure('parts'))
  say(`part files: ${name}`, `${seconds.toFixed(2)} s  ${note}`)
// The laws are those of ten million; fewer verdicts have as much less time.
const [merge] = measure('merge')
judge(`merge of ${verdicts} verdicts, ${merge!.note}`, merge!.seconds, (60 * verdicts) / 1e7, 's', 1)
judge('memory of the merge', merge!.megabytes, 1500, 'MB', 0)
const [again] = measure('merge')
say('merge again, nothing new', `${again!.seconds.toFixed(2)} s`)
const [opening, ...pages] = measure('pages')
say(`${opening!.name} (${opening!.note})`, `${opening!.seconds.toFixed(2)} s`)
for (const { name, seconds, note } of pages) judge(`page: ${name} (${note})`, seconds, 0.3, 's', 3)
judge('memory of the pages', Math.max(...pages.map(({ megabytes }) => megabytes)), 1500, 'MB', 0)

if (flags.keep) say('kept', run)
else rmSync(flags.folder === undefined ? folder : run, { recursive: true })
process.exitCode = broken === 0 ? 0 : 1
