/*
 * A fuzz of media files. Usage: node bench/faults/media.ts [--files 2000] [--seed 1] [--workers 2] [--keep DIR]
 * Makes the numbered media of test/media, mutates their bytes (flips, zeroed, lost, doubled and moved pieces, cuts) and reads each
 * file whole and by seeking, in a process of its own kind that is started again where it crashes. Exits with 1 where a
 * frame is shown whose number does not belong to its time, where reading crashes, or where it takes longer than 10 s;
 * with --keep such files are copied to a folder.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { random } from '../../core/index.ts'
import { type Medium, pictured, plain } from '../../test/media/catalogue.ts'
import { makeMedia } from '../../test/media/make.ts'
import { withHandles } from '../../video/handles.ts'
import { openSource } from '../../video/source.ts'
import type { Outcome, Task } from './media-worker.ts'

const { values: flags } = parseArgs({
  options: {
    files: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    keep: { type: 'string' },
  },
})
const patience = 10_000
const root = mkdtempSync(join(tmpdir(), 'spanwise-media-fuzz-'))
const media: ReadonlyArray<readonly [string, Medium]> = [
  ...Object.entries(plain),
  ...Object.entries(pictured).filter(([name]) => name.startsWith('interlaced h264')),
]

/** The bytes of a medium and where its frames lie in them. */
const originals = media.map(([name, medium]) => {
  const path = makeMedia(join(root, `original.${medium.suffix ?? medium.container}`), medium)
  const packets = withHandles((handles) => openSource(path, handles, () => false).packets)
  return { name, suffix: medium.suffix ?? medium.container, bytes: readFileSync(path), packets }
})

type Original = (typeof originals)[number]
type Draw = ReturnType<typeof random>

const piece = (bytes: Buffer, draw: Draw, most = 2000) => {
  const length = draw.int(1, Math.max(1, Math.min(most, bytes.length >> 2)))
  const from = draw.int(0, bytes.length - length)
  return [from, from + length] as const
}

/** Each gives other bytes; `timed` where only the inside of a frame changed. */
const mutations: Readonly<
  Record<string, (original: Original, draw: Draw) => { bytes: Buffer; timed: boolean }>
> = {
  'a frame spoilt': ({ bytes, packets }, draw) => {
    const { position, size } = packets[draw.int(0, packets.length - 1)]!
    const copy = Buffer.from(bytes)
    // Where containers wrap frames again, their start is not the frame's own.
    const wrapped = position < 0 || size < 64
    const from = wrapped ? draw.int(0, bytes.length - 1) : position + 32 + draw.int(0, size - 48)
    for (let i = from; i < Math.min(copy.length, from + draw.int(1, 12)); i++) copy[i] = draw.int(0, 255)
    return { bytes: copy, timed: false }
  },
  'bytes flipped': ({ bytes }, draw) => {
    const copy = Buffer.from(bytes)
    for (let i = draw.int(1, 20); i > 0; i--) copy[draw.int(0, copy.length - 1)]! ^= 1 << draw.int(0, 7)
    return { bytes: copy, timed: false }
  },
  'a piece zeroed': ({ bytes }, draw) => {
    const copy = Buffer.from(bytes)
    copy.fill(0, ...piece(copy, draw))
    return { bytes: copy, timed: false }
  },
  'a piece lost': ({ bytes }, draw) => {
    const [from, to] = piece(bytes, draw)
    return { bytes: Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]), timed: false }
  },
  'a piece doubled': ({ bytes }, draw) => {
    const [from, to] = piece(bytes, draw)
    return { bytes: Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]), timed: false }
  },
  'two pieces exchanged': ({ bytes }, draw) => {
    const copy = Buffer.from(bytes)
    // Smaller than a frame: one that is moved whole shows its number at another time, and nobody could tell.
    const [from, to] = piece(copy, draw, 64)
    const other = draw.int(0, copy.length - (to - from))
    const kept = Buffer.from(copy.subarray(from, to))
    copy.copyWithin(from, other, other + (to - from))
    kept.copy(copy, other)
    return { bytes: copy, timed: false }
  },
  cut: ({ bytes }, draw) => ({ bytes: bytes.subarray(0, draw.int(0, bytes.length - 1)), timed: false }),
  untouched: ({ bytes }) => ({ bytes, timed: true }),
}

const start = () =>
  fork(new URL('./media-worker.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })

/** What became of one file; a process that ended or takes too long is replaced. */
const read = (worker: ChildProcess, task: Task): Promise<Outcome | 'crash' | 'hang'> =>
  new Promise((resolve) => {
    const settle = (outcome: Outcome | 'crash' | 'hang') => {
      clearTimeout(timer)
      worker.off('message', settle).off('exit', crashed)
      resolve(outcome)
    }
    const crashed = () => settle('crash')
    const timer = setTimeout(() => settle('hang'), patience)
    worker.once('message', settle).once('exit', crashed)
    worker.send(task)
  })

const names = Object.keys(mutations)
const tally = new Map<string, number>()
const faults: Array<string> = []
let next = 0
let slowest = 0

const serve = async () => {
  let worker = start()
  for (let i = next++; i < Number(flags.files); i = next++) {
    const draw = random(Number(flags.seed), `media ${i}`)
    const original = originals[draw.int(0, originals.length - 1)]!
    const name = names[i % names.length]!
    const { bytes, timed } = mutations[name]!(original, draw)
    const path = join(root, `${i}.${original.suffix}`)
    writeFileSync(path, bytes)
    const started = performance.now()
    const outcome = await read(worker, { path, timed })
    slowest = Math.max(slowest, performance.now() - started)
    const kind = typeof outcome === 'string' ? outcome : outcome.kind
    tally.set(kind, (tally.get(kind) ?? 0) + 1)
    if (typeof outcome === 'string') {
      worker.kill('SIGKILL')
      worker = start()
    }
    if (kind !== 'right' && kind !== 'refused') {
      faults.push(
        `${i}: ${kind}: ${original.name}, ${name}: ${typeof outcome === 'string' ? '' : outcome.detail}`,
      )
      if (flags.keep !== undefined) {
        mkdirSync(flags.keep, { recursive: true })
        copyFileSync(path, join(flags.keep, `${i}.${original.suffix}`))
      }
    }
    rmSync(path)
  }
  worker.kill()
}

const began = performance.now()
await Promise.all(Array.from({ length: Number(flags.workers) }, serve))
rmSync(root, { recursive: true })
const seconds = ((performance.now() - began) / 1000).toFixed(1)
console.log(
  `${flags.files} files in ${seconds} s: ${[...tally].map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
)
console.log(`slowest ${(slowest / 1000).toFixed(2)} s`)
for (const fault of faults) console.log(fault)
process.exitCode = faults.length === 0 ? 0 : 1
