/** The data of the overhead benches: small mp4 files, and samples that ask about them. */
import { join } from 'node:path'
import { Effect } from 'effect'
import { random, type Sample } from '../../core/index.ts'
import { Videos } from '../../video/index.ts'

export const side = 224
const seconds = 16
const fps = 4

/** A square that moves over noise: JPEGs of about the size of a real picture's. */
const scene = (seed: number): Array<Uint8Array> => {
  const draw = random(seed)
  const noise = Uint8Array.from({ length: side * side * 3 }, () => draw.int(60, 100))
  const size = side >> 2
  return Array.from({ length: seconds * fps }, (_, t) => {
    const rgb = noise.slice()
    for (let y = 0; y < size; y++)
      rgb.fill(220, ((y + 2 * t) * side + 8) * 3, ((y + 2 * t) * side + 8 + size) * 3)
    return rgb
  })
}

export const fileOf = (index: number): string => `video-${index}.mp4`

/** Writes `count` videos of 224 x 224 pixels into a folder. */
export const writeVideos = Effect.fnUntraced(function* (folder: string, count: number) {
  const videos = yield* Videos
  yield* Effect.forEach(
    Array.from({ length: count }, (_, i) => i),
    (i) =>
      videos.encode(join(folder, fileOf(i)), {
        ...{ width: side, height: side, fps },
        frames: scene(i),
      }),
    { concurrency: videos.workers, discard: true },
  )
})

/** `count` samples, two in a row about each of `videos` videos, again and again. */
export const samplesOf = (count: number, videos: number): ReadonlyArray<Sample> =>
  Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    dataset: 'bench',
    split: 'train',
    task: 'grounding' as const,
    video: `video ${(i >> 1) % videos}`,
    file: fileOf((i >> 1) % videos),
    duration: seconds,
    query: `a person opens door number ${i}`,
    windows: [[1, 3] as const],
  }))
