import { AV_FRAME_FLAG_KEY } from 'node-av/constants'
import type { Frame } from 'node-av/lib'
import { Cursor } from './cursor.ts'
import { Cancelled, VideoFault } from './fault.ts'
import { Feed } from './feed.ts'
import { type Handles, withHandles } from './handles.ts'
import type { OpenVideo } from './source.ts'

/**
 * The rule for seeking. Frames wanted are decoded straight through, non-reference frames between them skipped, as long
 * as the next keyframe to use lies fewer than this many packets ahead of the last frame wanted; otherwise the
 * decoder is drained and the file is sought to that keyframe.
 *
 * Measured by bench/video/seek.ts on two real 640x360 clips (335 frames with 2 keyframes; 491 with 6), milliseconds
 * of decoding for this rule against never seeking: 4 frames 154 / 166 and 55 / 158, 8 frames 166 / 164 and
 * 128 / 158, 16 frames 168 / 169 and 148 / 159, 2 fps 183 / 176 and 165 / 171, every frame 234 / 249 and 233 / 239.
 * Thresholds from 1 to 24 are equal within the noise, 48 loses a tenth at 8 and 16 frames of the second clip.
 * Skipping non-reference frames is why 2 fps costs a quarter to a third less than every frame.
 */
const SEEK_AHEAD = 12

/** Gets a wanted frame once, valid during the call. `shown` is its number: another where that one has no picture. */
export type Take = (wanted: number, frame: Frame, shown: number) => void

/** Wanted frames that are decoded in one go after one seek. */
interface Stretch {
  /** Ordinal of the keyframe to start from. */
  readonly keyframe: number
  /** Ordinals of the packets wanted. */
  readonly wanted: Array<number>
  /** The largest of them. */
  last: number
}

type Plan = Pick<OpenVideo, 'stamps' | 'ordinals' | 'keyframes'>

/** Place of the last keyframe at or before packet `ordinal`; -1 before the first. */
const keyframeBefore = (keyframes: ReadonlyArray<number>, ordinal: number): number => {
  let low = 0
  let high = keyframes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keyframes[middle]! <= ordinal) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The packet at which decoding can start at the earliest: those before it lack what they depend on. */
const firstKeyframe = ({ keyframes }: Pick<Plan, 'keyframes'>): number => keyframes[0] ?? 0

/** The keyframe from which a packet can be decoded: frames shown before a keyframe need the one before it. */
const startFor = ({ keyframes, stamps }: Plan, ordinal: number): number => {
  let place = keyframeBefore(keyframes, ordinal)
  while (place > 0 && stamps[keyframes[place]!]! > stamps[ordinal]!) place--
  return keyframes[Math.max(0, place)] ?? 0
}

/** Cuts the wanted frames (rising numbers) into stretches by the rule above. */
export const planStretches = (
  plan: Plan,
  wanted: ReadonlyArray<number>,
  seekAhead = SEEK_AHEAD,
): ReadonlyArray<Stretch> => {
  const stretches: Array<Stretch> = []
  for (const number of wanted) {
    const ordinal = plan.ordinals[number]!
    const keyframe = startFor(plan, ordinal)
    const current = stretches.at(-1)
    if (current !== undefined && keyframe - current.last < seekAhead) {
      current.wanted.push(ordinal)
      current.last = Math.max(current.last, ordinal)
    } else stretches.push({ keyframe, wanted: [ordinal], last: ordinal })
  }
  return stretches
}

/** Where a decoder found damage, and which packets that makes doubtful: all up to the next keyframe. */
class Damage {
  readonly #keyframes: ReadonlyArray<number>
  readonly #ranges: Array<readonly [from: number, to: number]> = []

  constructor({ keyframes, damaged }: Pick<OpenVideo, 'keyframes' | 'damaged'>) {
    this.#keyframes = keyframes
    for (const ordinal of damaged) this.add(ordinal)
  }

  add(ordinal: number): readonly [from: number, to: number] {
    const next = this.#keyframes[keyframeBefore(this.#keyframes, ordinal) + 1] ?? Number.POSITIVE_INFINITY
    const range = [ordinal, next] as const
    this.#ranges.push(range)
    return range
  }

  reaches(ordinal: number): boolean {
    return this.#ranges.some(([from, to]) => ordinal >= from && ordinal < to)
  }
}

interface Job {
  readonly source: OpenVideo
  readonly cursor: Cursor
  readonly feed: Feed
  readonly cancelled: () => boolean
  /** Wanted frames that have not come out, or not undamaged. */
  readonly missing: Set<number>
  readonly take: Take
}

const check = (cancelled: () => boolean) => {
  if (cancelled()) throw new Cancelled()
}

/** Decodes one stretch; what is damaged or does not come out stays missing. */
const decodeStretch = ({ source, cursor, feed, cancelled, missing, take }: Job, stretch: Stretch) => {
  const wanted = new Set(stretch.wanted)
  const damage = new Damage(source)
  const start = source.stamps[stretch.keyframe]!
  /** Whether what the container calls a keyframe is none: all that follows may refer to what was not decoded. */
  let astray = false
  const output = {
    frame: (ordinal: number, frame: Frame) => {
      if (ordinal === stretch.keyframe && (frame.flags & AV_FRAME_FLAG_KEY) === 0) astray = true
      const number = source.numbers[ordinal]
      if (astray || number === undefined || !wanted.has(ordinal)) return
      if (ordinal < firstKeyframe(source) || damage.reaches(ordinal)) return
      if (missing.delete(number)) take(number, frame, number)
    },
    damage: (ordinal: number) => {
      // Frames shown before the keyframe lean on others before it, and none leans on them.
      if (source.stamps[ordinal]! < start) return
      const [from, to] = damage.add(ordinal)
      for (const other of wanted) if (other >= from && other < to) missing.add(source.numbers[other]!)
    },
  }
  cursor.seek(stretch.keyframe, feed.packet)
  feed.flush()
  let sent = -1
  while (sent < stretch.last) {
    check(cancelled)
    const ordinal = cursor.next(feed.packet)
    if (ordinal === undefined) break
    if (ordinal >= stretch.keyframe) {
      feed.send(ordinal, wanted.has(ordinal), output)
      sent = ordinal
    }
    feed.packet.unref()
  }
  feed.drain(Math.max(sent, 0), output)
}

/**
 * Decodes everything from the file's start for frames that seeking did not give. A frame that has no picture of its
 * own (a second field, one that could not be decoded without others that the file lacks) is shown as the one before
 * it, or at the start the one after. Throws VideoFault `damaged` where the decoder reported damage.
 */
const decodeAll = ({ source, cursor, cancelled, missing, take }: Omit<Job, 'feed'>, handles: Handles) => {
  // Not every decoder forgets all that it saw when it is flushed.
  const feed = new Feed(source.opened, source.codec, handles)
  const damage = new Damage(source)
  const first = firstKeyframe(source)
  const waiting = [...missing].sort((a, b) => a - b)
  let shown: { readonly number: number; readonly frame: Frame } | undefined
  const settle = (next: number, instead: { readonly number: number; readonly frame: Frame }) => {
    while (waiting.length > 0 && waiting[0]! < next) take(waiting.shift()!, instead.frame, instead.number)
  }
  const output = {
    frame: (ordinal: number, frame: Frame) => {
      const number = source.numbers[ordinal]
      if (number === undefined || number < 0 || waiting.length === 0) return
      if (ordinal < first || damage.reaches(ordinal)) return
      settle(number, shown ?? { number, frame })
      if (waiting[0] === number) take(waiting.shift()!, frame, number)
      if (shown !== undefined) shown.frame.free()
      const kept = frame.clone()
      shown = kept === null ? undefined : { number, frame: kept }
    },
    damage: (ordinal: number) => {
      // What comes before the first keyframe, in the file or on the screen, lacks what it depends on: no damage.
      if (ordinal >= first && source.stamps[ordinal]! >= source.stamps[first]!) damage.add(ordinal)
    },
  }
  handles.add(null, () => shown?.frame.free())
  cursor.rewind()
  let sent = 0
  for (;;) {
    check(cancelled)
    const ordinal = cursor.next(feed.packet)
    if (ordinal === undefined) break
    feed.send(ordinal, true, output)
    feed.packet.unref()
    sent = ordinal
  }
  feed.drain(sent, output)
  if (shown !== undefined) settle(Number.POSITIVE_INFINITY, shown)
  const lost = [...missing].find((number) => damage.reaches(source.ordinals[number]!)) ?? waiting[0]
  if (lost !== undefined)
    throw new VideoFault(
      'damaged',
      `frame ${lost} at ${source.times[lost]!.toFixed(2)} s cannot be decoded; copy or convert the file again`,
    )
}

/**
 * Decodes the frames with the numbers `wanted` (rising, no repeats) and hands each to `take`, a second time where
 * damage before it was noticed late. Throws VideoFault `damaged` when a frame cannot be decoded.
 */
export const decodeFrames = (
  source: OpenVideo,
  wanted: ReadonlyArray<number>,
  take: Take,
  cancelled: () => boolean,
  seekAhead = SEEK_AHEAD,
): void =>
  withHandles((handles) => {
    const { opened, codec, packets, keyframes, info } = source
    const job: Job = {
      source,
      cursor: new Cursor(info.path, opened, packets, keyframes, handles),
      feed: new Feed(opened, codec, handles),
      cancelled,
      missing: new Set(wanted),
      take,
    }
    for (const stretch of planStretches(source, wanted, seekAhead)) decodeStretch(job, stretch)
    if (job.missing.size > 0) decodeAll(job, handles)
  })
