import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { AV_PKT_DATA_DISPLAYMATRIX, AVDISCARD_ALL, AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants'
import { Codec, FFmpegError, FormatContext, Packet, type Stream } from 'node-av/lib'
import { Cancelled, VideoFault } from './fault.ts'
import type { Handles } from './handles.ts'
import type { VideoInfo } from './model.ts'
import './quiet.ts'
import { rotationOfMatrix } from './rotate.ts'
import { isVariable, medianGap, type Timeline } from './timeline.ts'

/** Presentation time stamp that FFmpeg leaves where a container states none. */
const NO_TIME = -9223372036854775808n
/** Flag of packets that are decoded but, by the container's edit list, not shown. */
const HIDDEN = 4

/** A keyframe: where it stands in the file's order of packets and its time stamp. */
export interface Keyframe {
  readonly ordinal: number
  readonly stamp: number
}

/** An open video whose packets have all been listed. */
export interface OpenVideo extends Timeline {
  readonly format: FormatContext
  readonly stream: Stream
  readonly codec: Codec
  readonly info: VideoInfo
  /** Time stamps (in the stream's time base) of the shown frames, rising; the frame's number is its position. */
  readonly stamps: Float64Array
  /** Place of each time stamp in the file's order of packets. */
  readonly ordinalOf: ReadonlyMap<number, number>
  readonly keyframes: ReadonlyArray<Keyframe>
}

const checkFile = (path: string) => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined)
    throw new VideoFault('missing', 'the video file is missing; check the path or the videos folder')
  if (!stat.isFile()) throw new VideoFault('unreadable', 'not a file; name a video file')
  if (stat.size === 0) throw new VideoFault('empty', 'the video file is empty (0 bytes); copy it again')
}

/** Whether the file starts as an mp4 does, which tells a cut mp4 from something else. */
const startsAsMp4 = (path: string): boolean => {
  const head = Buffer.alloc(8)
  const file = openSync(path, 'r')
  try {
    return readSync(file, head, 0, 8, 0) === 8 && head.toString('latin1', 4, 8) === 'ftyp'
  } finally {
    closeSync(file)
  }
}

const openFormat = (path: string, handles: Handles): FormatContext => {
  const format = handles.add(new FormatContext(), (context) => context.closeInputSync())
  format.allocContext()
  // A playlist renamed to .mp4 must not make us read other files or the network.
  format.setOption('protocol_whitelist', 'file')
  const code = format.openInputSync(`file:${path}`)
  if (code >= 0) return format
  if (startsAsMp4(path))
    throw new VideoFault('truncated', 'the file is cut off: its index (moov) is absent; copy it again')
  throw new VideoFault('unreadable', `not a video file (${FFmpegError.strerror(code)}); check the file`)
}

const findVideo = (format: FormatContext, handles: Handles): { stream: Stream; codec: Codec } => {
  // The mp4 header already says all that decoding needs; guessing from the first frames costs a millisecond.
  const headerSuffices = format.iformat?.name?.includes('mp4') === true
  if (!headerSuffices) format.findStreamInfoSync()
  const streams = format.streams
  const stream = streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO)
  if (stream === undefined)
    throw new VideoFault('no-video-stream', 'the file has no video stream; check that it is the right file')
  for (const other of streams) if (other.index !== stream.index) other.discard = AVDISCARD_ALL
  const codec = Codec.findDecoder(stream.codecpar.codecId)
  if (codec === null)
    throw new VideoFault('unreadable', 'no decoder for its video codec; convert the file to h264')
  return { stream, codec: handles.add(codec, () => undefined) }
}

interface Listing {
  readonly shown: ReadonlyArray<{ readonly stamp: number; readonly duration: number }>
  readonly ordinalOf: Map<number, number>
  readonly keyframes: Array<Keyframe>
  readonly packets: number
  /** Whether packets are stored in another order than they are shown, as with B-frames. */
  readonly reordered: boolean
}

/** Lists every packet of the stream. Cost: one read of the file, 2-3 ms for the 30 s clips of Charades. */
const listPackets = (
  format: FormatContext,
  stream: Stream,
  handles: Handles,
  cancelled: () => boolean,
): Listing => {
  const packet = handles.add(new Packet(), (owned) => owned.free())
  packet.alloc()
  const shown: Array<{ stamp: number; duration: number }> = []
  const ordinalOf = new Map<number, number>()
  const keyframes: Array<Keyframe> = []
  let packets = 0
  for (;;) {
    if (cancelled()) throw new Cancelled()
    const code = format.readFrameSync(packet)
    if (code < 0) {
      if (code === AVERROR_EOF) break
      throw new VideoFault(
        'truncated',
        `damaged after ${packets} frames (${FFmpegError.strerror(code)}); copy it again`,
      )
    }
    if (packet.streamIndex === stream.index) {
      const stamp = Number(packet.pts === NO_TIME ? packet.dts : packet.pts)
      if ((packet.flags & HIDDEN) === 0) shown.push({ stamp, duration: Number(packet.duration) })
      if (packet.isKeyframe) keyframes.push({ ordinal: packets, stamp })
      ordinalOf.set(stamp, packets)
      packets++
    }
    packet.unref()
  }
  const reordered = shown.some(({ stamp }, i) => i > 0 && stamp < shown[i - 1]!.stamp)
  shown.sort((a, b) => a.stamp - b.stamp)
  return { shown, ordinalOf, keyframes, packets, reordered }
}

/**
 * Opens a video and lists its packets; the caller's `handles` close it.
 * Throws VideoFault for a file that is missing, empty, cut off, without video or not a video at all.
 */
export const openSource = (path: string, handles: Handles, cancelled: () => boolean): OpenVideo => {
  checkFile(path)
  const format = openFormat(path, handles)
  const { stream, codec } = findVideo(format, handles)
  const { shown, ordinalOf, keyframes, packets, reordered } = listPackets(format, stream, handles, cancelled)
  const promised = Number(stream.nbFrames)
  if (packets < promised)
    throw new VideoFault(
      'truncated',
      `the file is cut off: ${packets} of the ${promised} frames of its index are there; copy it again`,
    )
  const last = shown.at(-1)
  if (last === undefined)
    throw new VideoFault('no-frames', 'its video stream holds no frames; check the file')
  const tick = stream.timeBase.toDouble()
  // Time 0 is where the container's clock starts: players and annotators count from there.
  const origin = Math.min(
    format.startTime === NO_TIME ? 0 : Number(format.startTime) / 1e6,
    shown[0]!.stamp * tick,
  )
  const stamps = Float64Array.from(shown, ({ stamp }) => stamp)
  const times = stamps.map((stamp) => stamp * tick - origin)
  const header = stream.avgFrameRate
  const usual = header.num > 0 && header.den > 0 ? header.den / header.num : 1 / 25
  // Where packets are reordered their stated lengths are those of decoding, not of showing: the gaps tell more.
  const stated = last.duration > 0 && !reordered ? last.duration * tick : undefined
  const end = times.at(-1)! + (stated ?? medianGap(times) ?? usual)
  const matrix = stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX)
  const rotation = matrix === null ? 0 : rotationOfMatrix(matrix)
  const { width, height } = stream.codecpar
  if (!(width > 0 && height > 0))
    throw new VideoFault('unreadable', 'it states no picture size; check the file')
  const upright = rotation % 180 === 0
  const variableFrameRate = isVariable(times, tick)
  return {
    format,
    stream,
    codec,
    stamps,
    times,
    end,
    variableFrameRate,
    ordinalOf,
    keyframes,
    info: {
      path,
      duration: end,
      fps: times.length / (end - times[0]!),
      width: upright ? width : height,
      height: upright ? height : width,
      rotation,
      frames: times.length,
      variableFrameRate,
      codec: codec.name ?? 'unknown',
    },
  }
}
