/** Reads mutated files for bench/faults/media.ts, which starts it again where it crashes or hangs. */
import { numberOf } from '../../test/media/code.ts'
import { readNumbers } from '../../test/media/read.ts'
import { VideoFault } from '../../video/fault.ts'
import { Feed } from '../../video/feed.ts'
import { withHandles } from '../../video/handles.ts'
import type { Clip } from '../../video/index.ts'
import { decoderOf, openVideo } from '../../video/open.ts'
import { orient } from '../../video/orient.ts'
import { NO_TIME } from '../../video/packets.ts'
import { RgbReader } from '../../video/pixels.ts'
import { resize } from '../../video/resize.ts'

export interface Task {
  readonly path: string
  /** Whether the mutation kept the file's time line: frame n then starts at n / 25 s. */
  readonly timed: boolean
}

export interface Outcome {
  /** `right`: every frame that can be read is that of its time. `refused`: a VideoFault. */
  readonly kind: 'right' | 'refused' | 'wrong'
  readonly detail: string
}

/** Frames of one stamp share a tick; half of the coarsest, an Ogg's of 1/25 s, and less than a frame's time. */
const CLOSE = 0.0201

interface Frame {
  readonly time: number
  readonly number: number
}

/** Times of the frames that a clip shows and whose number can be read. */
const framesOf = ({ times, numbers }: ReturnType<typeof readNumbers>): ReadonlyArray<Frame> =>
  Array.from(times, (time, i) => ({ time, number: numbers[i]! })).filter(({ number }) => number !== null)

/**
 * What decoding everything once, straight from the start, gives, by the container's clock, in the size and orientation
 * of `clip`; null where times are not stated.
 */
const decoded = (path: string, clip: Pick<Clip, 'width' | 'height' | 'info'>): ReadonlyArray<Frame> | null =>
  withHandles((handles) => {
    const opened = openVideo(path, handles)
    const feed = new Feed(opened, decoderOf(opened), handles)
    const reader = new RgbReader(handles)
    const stamps: Array<number> = []
    const frames: Array<Frame> = []
    const tick = opened.stream.timeBase.toDouble()
    const output = {
      frame: (ordinal: number, frame: Parameters<RgbReader['read']>[0]) => {
        const { rotation, mirrored = false } = clip.info
        const upright = orient(reader.read(frame), frame.width, frame.height, { rotation, mirrored })
        const [wide, tall] = rotation % 180 === 0 ? [frame.width, frame.height] : [frame.height, frame.width]
        const number = numberOf(resize(upright, wide, tall, clip.width, clip.height), clip.width, clip.height)
        if (number !== null) frames.push({ time: stamps[ordinal]! * tick, number })
      },
      damage: () => undefined,
    }
    const { packet } = feed
    for (; opened.format.readFrameSync(packet) >= 0; packet.unref()) {
      if (packet.streamIndex !== opened.stream.index) continue
      if (packet.pts === NO_TIME) return null
      stamps.push(Number(packet.pts))
      feed.send(stamps.length - 1, true, output)
    }
    feed.drain(Math.max(0, stamps.length - 1), output)
    return frames
  })

/** The frames of `shown` that are not among `truth`, whose clock is ahead by `offset` seconds. */
const strangers = (shown: ReadonlyArray<Frame>, truth: ReadonlyArray<Frame>, offset: number) =>
  shown.filter(
    ({ time, number }) =>
      // A time that was damaged and set right again is that of the original.
      Math.abs(time * 25 - number) > 0.1 &&
      !truth.some((frame) => frame.number === number && Math.abs(frame.time - offset - time) < CLOSE),
  )

/** Frames whose number does not belong to their time. */
const misplaced = (
  { path, timed }: Task,
  all: ReadonlyArray<Frame>,
  some: ReadonlyArray<Frame>,
  clip: Parameters<typeof decoded>[1],
): ReadonlyArray<Frame> => {
  const truth = timed
    ? Array.from({ length: 100 }, (_, number) => ({ time: number / 25, number }))
    : decoded(path, clip)
  const first = all[0]
  if (truth === null || first === undefined) return []
  // The start of a damaged file's clock is not known: one shift must explain all frames, and those sought too.
  const shifts = timed
    ? [0]
    : [0, ...truth.filter(({ number }) => number === first.number).map(({ time }) => time - first.time)]
  const tried = shifts.map((shift) => [...strangers(all, truth, shift), ...strangers(some, truth, shift)])
  return tried.sort((a, b) => a.length - b.length)[0]!
}

const examine = (task: Task): Outcome => {
  try {
    const all = readNumbers(task.path, { kind: 'count', count: 200 }, undefined)
    const some = readNumbers(task.path, { kind: 'times', times: [1.3, 0.7, 0.1] }, undefined, undefined, 1)
    const wrong = misplaced(task, framesOf(all), framesOf(some), all)
    const detail = wrong.map(({ number, time }) => `${number} at ${time.toFixed(3)} s`).join(', ')
    return { kind: wrong.length === 0 ? 'right' : 'wrong', detail }
  } catch (error) {
    if (error instanceof VideoFault) return { kind: 'refused', detail: error.reason }
    return { kind: 'wrong', detail: `not a VideoFault: ${error instanceof Error ? error.stack : error}` }
  }
}

process.on('message', (task: Task) => process.send?.(examine(task)))
