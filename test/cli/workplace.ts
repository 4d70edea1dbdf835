import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { readSafetensors, writeSafetensors } from '../../engine/checkpoint/safetensors.ts'
import { Videos } from '../../video/index.ts'

/** The tiny checkpoint with random weights. */
export const model = join(import.meta.dirname, '../fixtures/qwen3vl/tied')

/** A folder with a clip of 10 s in `videos/good.mp4`. */
export const workplace = async (name: string): Promise<string> => {
  const root = mkdtempSync(join(tmpdir(), `spanwise-${name}-`))
  mkdirSync(join(root, 'videos'))
  await Effect.runPromise(
    Effect.gen(function* () {
      const videos = yield* Videos
      yield* videos.encode(join(root, 'videos', 'good.mp4'), {
        width: 64,
        height: 64,
        fps: 4,
        frames: Array.from({ length: 40 }, (_, i) =>
          new Uint8Array(64 * 64 * 3).map((_, j) => (5 * i + 7 * j) % 256),
        ),
      })
    }).pipe(Effect.provide(Videos.layer({ workers: 1 }))),
  )
  return root
}

/** One grounding row for `--dataset jsonl`. */
export const row = (file: string, query: string, window: readonly [number, number] = [1, 4]) => ({
  video: file,
  query,
  windows: [window],
  duration: 10,
})

export const writeRows = (path: string, rows: ReadonlyArray<unknown>): void =>
  writeFileSync(path, rows.map((one) => `${JSON.stringify(one)}\n`).join(''))

/** A copy of the checkpoint's tensors with one of them changed or left out. */
export const spoil = async (
  folder: string,
  change: (tensors: Awaited<ReturnType<typeof readSafetensors>>) => void,
): Promise<void> => {
  const file = join(folder, 'model.safetensors')
  const tensors = await readSafetensors(file)
  change(tensors)
  await writeSafetensors(file, tensors)
}

/** Every file below a folder with the hash of its content. */
export const contents = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name)
        return [path.slice(folder.length), createHash('sha256').update(readFileSync(path)).digest('hex')]
      }),
  )
