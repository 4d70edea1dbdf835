import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import type { Sample } from '../../core/index.ts'
import { defaultWorldSettings, writeWorld } from '../../datasets/shapes/index.ts'
import { trueSamples } from '../../lab/world.ts'
import { Videos } from '../../video/index.ts'
import { entry } from '../cli/command-line.ts'

export interface Scene {
  readonly root: string
  readonly data: string
  readonly videos: string
  readonly samples: ReadonlyArray<Sample>
}

/** Real mp4s of the shapes world with their true windows; every second sample is hard. */
export const makeScene = async (name: string, videos = 8): Promise<Scene> => {
  const root = mkdtempSync(join(tmpdir(), `spanwise-${name}-`))
  const world = join(root, 'world')
  const samples = await Effect.runPromise(
    Effect.gen(function* () {
      yield* writeWorld(world, { ...defaultWorldSettings, seed: 5, splits: [{ split: 'train', videos }] })
      return yield* trueSamples(world, 'train')
    }).pipe(Effect.provide(Videos.layer({ workers: 1 }))),
  )
  const data = join(root, 'train.jsonl')
  const rows = samples.map((sample, i) => ({
    ...sample,
    curation:
      i % 2 === 1
        ? { difficulty: 0.9, band: 'hard', weight: 1 }
        : { difficulty: 0.3, band: 'easy', weight: 1 },
  }))
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'))
  // The dataset "jsonl" has a split "valid" of the first two.
  const annotations = join(root, 'annotations')
  mkdirSync(annotations)
  const valid = samples.slice(0, 2).map(({ file, query, windows }) => ({ video: file, query, windows }))
  writeFileSync(join(annotations, 'valid.jsonl'), valid.map((row) => JSON.stringify(row)).join('\n'))
  writeFileSync(join(root, 'spanwise.config.json'), JSON.stringify({ datasets: { jsonl: { annotations } } }))
  return { root, data, videos: join(world, 'videos'), samples }
}

/** A training of three steps through TRL on the CPU, in a process of its own. */
export const train = (
  scene: Scene,
  python: string,
  kind: 'curriculum' | 'sft',
  run: string,
  ...more: ReadonlyArray<string>
) => {
  const batch = kind === 'sft' ? ['--set', 'batch=4'] : ['--set', 'prompts=4', '--num-generations', '4']
  // Neither lessons nor conversations about frames hide any.
  const hides = kind === 'curriculum' && !more.some((word) => word.startsWith('seek='))
  const masks = hides ? ['--set', 'mask.kind=linear', '--set', 'mask.margin=0'] : []
  const child = spawn(
    process.execPath,
    [
      ...[entry, 'train', kind, '--engine', 'trl', '--gpus', '0', '--python', python],
      ...['--data', scene.data, '--videos', scene.videos, '--run', join(scene.root, run)],
      ...['--steps', '3', '--learning-rate', '1e-4', ...batch, ...masks, '--json', ...more],
    ],
    { cwd: scene.root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, OMP_NUM_THREADS: '1' } },
  )
  const output = { out: '', err: '' }
  child.stdout.on('data', (piece) => {
    output.out += piece
  })
  child.stderr.on('data', (piece) => {
    output.err += piece
  })
  const done = new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>(
    (resolve) => child.on('close', (code) => resolve({ code, ...output })),
  )
  return { child, done }
}

const jsonl = (file: string): ReadonlyArray<unknown> =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line))
    : []

const served = z.object({
  kind: z.string(),
  step: z.number(),
  sample: z.string().optional(),
  mask: z.string().optional(),
  keys: z.array(z.string()).optional(),
  event: z.object({ figures: z.record(z.string(), z.number().nullable()).optional() }).optional(),
})

/** What a run has served; nothing where it has not begun. */
export const servedIn = ({ root }: Scene, run: string) =>
  jsonl(join(root, run, 'served.jsonl')).map((row) => served.parse(row))

/** The step and the numbers of each row of a run's metrics; of the mask its share. */
export const metricsIn = ({ root }: Scene, run: string) =>
  jsonl(join(root, run, 'metrics.jsonl')).map((row) =>
    z
      .looseObject({
        ...{ step: z.number(), loss: z.number(), wait_s: z.number() },
        seconds: z.record(z.string(), z.number()),
        mask: z.object({ ratio: z.number() }).optional(),
      })
      .parse(row),
  )

/** Waits until something holds. */
export const until = async (holds: () => boolean, seconds = 120): Promise<void> => {
  for (const end = performance.now() + 1000 * seconds; !holds(); ) {
    if (performance.now() > end) throw new Error(`${holds} did not come to hold in ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
