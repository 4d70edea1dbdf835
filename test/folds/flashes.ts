import { join } from 'node:path'
import { Effect } from 'effect'
import { hash32, type Sample, type Window } from '../../core/index.ts'
import {
  type ChatRequest,
  layerTest,
  type Message,
  type ModelError,
  questionText,
} from '../../models/index.ts'
import { Videos } from '../../video/index.ts'

/** Clips of 12 s that flash white at known times, and a model that sees them: enough to test the whole path. */
export const flashTimes: ReadonlyArray<Window> = [
  [1, 3],
  [8, 10],
]

const side = 64
const fps = 8
const duration = 12

const frames = function* (windows: ReadonlyArray<Window>) {
  for (let i = 0; i < duration * fps; i++) {
    const on = windows.some(([start, end]) => i / fps >= start && i / fps < end)
    yield new Uint8Array(side * side * 3).fill(on ? 230 : 60)
  }
}

/** Writes `flash.mp4` (both flashes) and `one.mp4` (the first only) into a folder. */
export const writeVideos = Effect.fnUntraced(function* (folder: string) {
  const videos = yield* Videos
  const settings = { width: side, height: side, fps }
  yield* videos.encode(join(folder, 'flash.mp4'), { ...settings, frames: frames(flashTimes) })
  yield* videos.encode(join(folder, 'one.mp4'), { ...settings, frames: frames(flashTimes.slice(0, 1)) })
})

/** A grounding sample whose annotation is the first flash: complete for `one.mp4`, partial for `flash.mp4`. */
export const flashSample = (id: string, file: string, windows: ReadonlyArray<Window> = [[1, 3]]): Sample => ({
  id,
  dataset: 'jsonl',
  split: 'train',
  task: 'grounding',
  video: `${file.replace('.mp4', '')} ${id}`,
  file,
  duration,
  query: `the screen is white, ${id}`,
  windows,
})

const seen = (messages: ReadonlyArray<Message>): ReadonlyArray<Window> => {
  const windows: Array<Window> = []
  for (const { content } of messages)
    for (const part of content)
      if (part.type === 'video')
        part.clip.times.forEach((time, i) => {
          const size = part.clip.width * part.clip.height * 3
          if (part.clip.rgb[i * size + size / 2]! < 150) return
          const last = windows.at(-1)
          if (last !== undefined && time - last[1] < 0.01) windows[windows.length - 1] = [last[0], time + 0.5]
          else windows.push([time, time + 0.5])
        })
  return windows
}

const answer = (windows: ReadonlyArray<Window>): string =>
  `<answer>${windows.map(([a, b]) => `${a.toFixed(1)} to ${b.toFixed(1)}`).join(', ') || 'none'}</answer>`

const logProbOf = (messages: ReadonlyArray<Message>, option: string): number => {
  const there = seen(messages).length > 0
  if (option === 'Yes') return Math.log(there ? 0.9 : 0.2)
  if (option === 'No') return Math.log(there ? 0.1 : 0.8)
  return Math.log(there ? 0.2 : 0.7)
}

/** A model that answers from the brightness of the frames; sampled replies shift by their seed. */
export const flashModel = (
  before?: (messages: ReadonlyArray<Message>) => Effect.Effect<void, ModelError>,
  logProbs = true,
) =>
  layerTest({
    reply: ({ messages, sampling }: ChatRequest, index) => {
      if (questionText(messages).startsWith('Does this show')) return seen(messages).length > 0 ? 'Yes' : 'No'
      const shift =
        sampling.greedy === true || (sampling.greedyFirst === true && index === 0)
          ? 0
          : (hash32(`${sampling.seed} ${index}`) % 4) / 2
      return answer(seen(messages).map(([a, b]): Window => [a + shift, b + shift]))
    },
    ...(logProbs ? { logProb: logProbOf } : {}),
    ...(before === undefined ? {} : { before }),
  })
