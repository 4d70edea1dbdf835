/**
 * What the program itself costs between a dataset and a model server: samples a second of whole folds (plan, clips from
 * the cache, requests, journal, part files, manifest) against a server that answers at once, on the same machine.
 *
 * Run: `node bench/curation/overhead.ts [case ...] [--python PATH]`. Cases: `reference` (the file's URL travels), `frames` (16
 * JPEGs of 224 pixels in each request) with `peer.py` (asyncio and httpx, the same frames) before and after it,
 * `latency` (200 ms and 64 slots), `memory` (100 000 samples with their frames; minutes). The first three by default.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { Effect } from 'effect'
import { Videos } from '../../video/index.ts'
import type { FoldJob, FoldReport } from './fold.ts'
import { samplesOf, writeVideos } from './world.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: '.venv/bin/python' } },
})
const cases = positionals.length === 0 ? ['reference', 'frames', 'latency'] : positionals
const run = promisify(execFile)
const videoCount = 64
const home = await mkdtemp(join(tmpdir(), 'spanwise-overhead-'))
const videos = join(home, 'videos')
const cache = join(home, 'cache')

let runs = 0
/** Runs one fold in a process of its own; folds that follow each other on the same videos find their clips cached. */
const fold = async (job: Omit<FoldJob, 'run' | 'videos' | 'videoCount' | 'cache'>): Promise<FoldReport> => {
  const whole: FoldJob = { ...job, run: join(home, `run-${++runs}`), videos, videoCount, cache }
  const { stdout } = await run(process.execPath, [
    join(import.meta.dirname, 'fold.ts'),
    JSON.stringify(whole),
  ])
  const report: FoldReport = JSON.parse(stdout)
  if (report.samples !== job.samples || report.failed > 0)
    throw new Error(`${report.samples} of ${job.samples} samples were done, ${report.failed} failed`)
  await rm(whole.run, { recursive: true })
  return report
}

interface Server {
  readonly url: string
  /** Requests and bytes of bodies since the last call. */
  readonly counted: () => Promise<{ readonly requests: number; readonly bytes: number }>
}

const withServer = async (latency: number, slots: number, body: (server: Server) => Promise<void>) => {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'server.ts'), String(latency), String(slots)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = await once(child.stdout!, 'data')
  const origin = `http://127.0.0.1:${Number(line)}`
  try {
    await body({
      url: `${origin}/v1`,
      counted: async () => (await (await fetch(`${origin}/counted`)).json()) as never,
    })
  } finally {
    child.kill()
  }
}

const rate = ({ samples, seconds }: { readonly samples: number; readonly seconds: number }) =>
  samples / seconds
const show = (name: string, report: FoldReport) =>
  console.log(
    `${name}: ${rate(report).toFixed(0)} samples/s (${report.samples} in ${report.seconds.toFixed(2)} s, ${((1000 * report.processor) / report.samples).toFixed(2)} ms of processor time each, at most ${report.memory.most.toFixed(0)} MB)`,
  )

const reference = () =>
  withServer(0, 0, async ({ url, counted }) => {
    const job = { url, media: 'file', frames: 16, inFlight: 64 } as const
    await fold({ ...job, samples: 2 * videoCount })
    await counted()
    const report = await fold({ ...job, samples: 15_000 })
    const { requests, bytes } = await counted()
    show('by reference', report)
    console.log(`  ${requests} requests of ${(bytes / requests / 1000).toFixed(1)} kB; goal 1500 samples/s`)
  })

const peer = async (url: string, samples: number) => {
  const clips = readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    // Clips by reference have no pictures.
    .filter((file) => readFileSync(file).length > 10_000)
  const list = samplesOf(samples, videoCount).map(({ id, query }, i) => ({
    ...{ id, query },
    clip: clips[(i >> 1) % clips.length],
  }))
  const file = join(home, 'samples.json')
  writeFileSync(file, JSON.stringify(list))
  const script = join(import.meta.dirname, 'peer.py')
  const { stdout } = await run(values.python, [script, file, url, join(home, 'rows.jsonl')])
  return JSON.parse(stdout) as { readonly samples: number; readonly seconds: number }
}

const hasHttpx = async (): Promise<boolean> => {
  if (!existsSync(values.python)) return false
  return run(values.python, ['-c', 'import httpx']).then(
    () => true,
    () => false,
  )
}

const frames = () =>
  withServer(0, 0, async ({ url, counted }) => {
    const job = { url, media: 'frames', frames: 16, inFlight: 64 } as const
    await fold({ ...job, samples: 2 * videoCount })
    const python = await hasHttpx()
    const peers: Array<number> = []
    const ask = async () => {
      await counted()
      const report = await peer(url, 1500)
      const { requests, bytes } = await counted()
      console.log(
        `asyncio and httpx: ${rate(report).toFixed(0)} samples/s (${(bytes / requests / 1000).toFixed(0)} kB a request)`,
      )
      peers.push(rate(report))
    }
    if (python) await ask()
    await counted()
    const report = await fold({ ...job, samples: 6000 })
    const { requests, bytes } = await counted()
    show('with 16 frames', report)
    console.log(`  ${(bytes / requests / 1000).toFixed(0)} kB a request; goal 250 samples/s`)
    if (python) await ask()
    if (python)
      console.log(`  ratio to the faster peer: ${(rate(report) / Math.max(...peers)).toFixed(2)}; goal 2`)
    else console.log(`  peer skipped: ${values.python} has no httpx (pip install httpx)`)
  })

const latency = () =>
  withServer(200, 64, async ({ url }) => {
    const job = { url, media: 'frames', frames: 16, inFlight: 128 } as const
    await fold({ ...job, samples: 2 * videoCount })
    const report = await fold({ ...job, samples: 9600 })
    show('200 ms, 64 slots', report)
    console.log(`  ${((100 * rate(report)) / 320).toFixed(1)} % of the possible 320 samples/s; goal 95 %`)
  })

const memory = () =>
  withServer(0, 0, async ({ url }) => {
    const report = await fold({ url, media: 'frames', frames: 16, inFlight: 64, samples: 100_000 })
    show('100 000 samples', report)
    const { early, late } = report.memory
    console.log(
      `  resident: ${early.toFixed(0)} MB in the second quarter, ${late.toFixed(0)} MB in the last; goal 1500`,
    )
  })

const known: { readonly [name: string]: () => Promise<void> } = { reference, frames, latency, memory }
try {
  mkdirSync(videos)
  await Effect.runPromise(writeVideos(videos, videoCount).pipe(Effect.provide(Videos.layer({ workers: 2 }))))
  for (const name of cases) {
    const bench = known[name]
    if (bench === undefined) throw new Error(`no case ${name}; there are ${Object.keys(known).join(', ')}`)
    await bench()
  }
} finally {
  await rm(home, { recursive: true, force: true })
}
