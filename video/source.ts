import { AV_PKT_DATA_DISPLAYMATRIX } from 'node-av/constants'
import type { Codec } from 'node-av/lib'
import { checkWhole } from './extent.ts'
import { VideoFault } from './fault.ts'
import type { Handles } from './handles.ts'
import type { VideoInfo } from './model.ts'
import { checkFile, decoderOf, type Opened, openVideo } from './open.ts'
import { deriveStamps, joinSeams } from './order.ts'
import { orientationOfMatrix } from './orient.ts'
import { listPackets, type PacketFacts, UNSTATED } from './packets.ts'
import { presentationOrder } from './presentation.ts'
import { isVariable, medianGap, spreadTies, type Timeline } from './timeline.ts'

/**
 * Sound that starts before the picture by no more than this (seconds) is its encoder's run-up, which mp4 files cut
 * off and others play: 1024 to 2112 samples of AAC, and the delay of B-frames in fragments.
 */
const RUN_UP = 0.1

/** An open video whose packets have all been listed. */
export interface OpenVideo extends Timeline {
  readonly opened: Opened
  readonly codec: Codec
  readonly info: VideoInfo
  /** In the order of the file; a packet's place in it is its ordinal. */
  readonly packets: ReadonlyArray<PacketFacts>
  /** Presentation time of each packet in ticks, stated or derived. */
  readonly stamps: Float64Array
  /** Number of each packet's frame in the order of presentation; -1 where it shows none. */
  readonly numbers: Int32Array
  /** Ordinal of each frame's packet. */
  readonly ordinals: Int32Array
  /** Ordinals of the keyframes. */
  readonly keyframes: ReadonlyArray<number>
  /** Ordinals from which on, up to the next keyframe, damage is known before anything is decoded. */
  readonly damaged: ReadonlyArray<number>
}

/**
 * Time 0, in seconds of the container's clock: the first frame shown, whatever stamp the container gives it, so that
 * one video has one time line in every container. Only sound that starts clearly earlier moves it, because players
 * count from the start of what is heard or seen first.
 */
const originOf = (firstFrame: number, soundStart: number | undefined): number =>
  soundStart !== undefined && firstFrame - soundStart > RUN_UP ? soundStart : firstFrame

/** Ticks between frames by the header, 1/25 s where it does not say. */
const gapOf = ({ stream }: Opened): number => {
  const { num, den } = stream.avgFrameRate
  return (num > 0 && den > 0 ? den / num : 1 / 25) / stream.timeBase.toDouble()
}

/**
 * Opens a video and lists its packets; the caller's `handles` close it.
 * Throws VideoFault for a file that is missing, empty, cut off, without video or not a video at all.
 */
export const openSource = (path: string, handles: Handles, cancelled: () => boolean): OpenVideo => {
  checkFile(path)
  const opened = openVideo(path, handles, true)
  const codec = decoderOf(opened)
  const { stream } = opened
  const { packets, soundStart } = listPackets(opened, handles, cancelled)
  const tick = stream.timeBase.toDouble()
  const joined = joinSeams(packets, tick)
  const { stamps, shown, doubtful } = joined.some(({ pts, hidden }) => pts === UNSTATED && !hidden)
    ? deriveStamps(joined, presentationOrder(path, opened, codec, packets, cancelled), gapOf(opened))
    : {
        stamps: Float64Array.from(joined, ({ pts }) => pts),
        shown: [...packets.keys()].filter((ordinal) => !packets[ordinal]!.hidden),
        doubtful: [],
      }
  const ordinals = Int32Array.from(shown)
  if (ordinals.some((ordinal, i) => i > 0 && !(stamps[ordinal]! >= stamps[ordinals[i - 1]!]!)))
    ordinals.sort((a, b) => stamps[a]! - stamps[b]! || a - b)
  if (ordinals.length === 0)
    throw new VideoFault('no-frames', 'its video stream contains no frames; check the file')
  const numbers = new Int32Array(packets.length).fill(-1)
  ordinals.forEach((ordinal, number) => {
    numbers[ordinal] = number
  })
  const origin = originOf(stamps[ordinals[0]!]! * tick, soundStart)
  const times = spreadTies(
    Float64Array.from(ordinals, (ordinal) => stamps[ordinal]! * tick - origin),
    tick,
  )
  // Where packets are reordered their stated lengths are those of decoding, not of showing: the gaps tell more.
  const reordered = ordinals.some((ordinal, i) => i > 0 && ordinal < ordinals[i - 1]!)
  const { duration } = packets[ordinals.at(-1)!]!
  const stated = duration > 0 && !reordered ? duration * tick : undefined
  const end = times.at(-1)! + (stated ?? medianGap(times) ?? gapOf(opened) * tick)
  checkWhole(path, opened, end + origin, cancelled)
  const matrix = stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX)
  const { rotation, mirrored } = orientationOfMatrix(matrix ?? new Uint8Array(0))
  const { width, height } = stream.codecpar
  if (!(width > 0 && height > 0)) throw new VideoFault('unreadable', 'it has no picture size; check the file')
  const upright = rotation % 180 === 0
  const variableFrameRate = isVariable(times, tick)
  return {
    ...{ opened, codec, packets, stamps, numbers, ordinals, times, end, variableFrameRate },
    damaged: [...doubtful, ...joined.keys().filter((ordinal) => joined[ordinal]!.incomplete)],
    keyframes: [...packets.keys()].filter((ordinal) => packets[ordinal]!.key),
    info: {
      path,
      duration: end,
      fps: times.length / (end - times[0]!),
      width: upright ? width : height,
      height: upright ? height : width,
      rotation,
      ...(mirrored ? { mirrored } : {}),
      frames: times.length,
      variableFrameRate,
      codec: codec.name ?? 'unknown',
    },
  }
}
