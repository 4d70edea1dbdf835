import { AVERROR_EAGAIN, AVERROR_EOF, AVSEEK_FLAG_BACKWARD } from 'node-av/constants'
import { CodecContext, FFmpegError, Frame, Packet } from 'node-av/lib'
import { Cancelled, VideoFault } from './fault.ts'
import { type Handles, withHandles } from './handles.ts'
import type { Keyframe, OpenVideo } from './source.ts'

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
export const SEEK_AHEAD = 12

/** Wanted frames that are decoded in one go after one seek, by time stamp. */
interface Stretch {
  readonly keyframe: Keyframe
  readonly stamps: Array<number>
  /** Place of the last packet that is needed. */
  last: number
}

/** Last keyframe at or before `stamp`; a stream without one there is decoded from its start. */
const keyframeFor = (keyframes: ReadonlyArray<Keyframe>, stamp: number): Keyframe => {
  let low = 0
  let high = keyframes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keyframes[middle]!.stamp <= stamp) low = middle + 1
    else high = middle
  }
  return keyframes[low - 1] ?? { ordinal: 0, stamp: keyframes[0]?.stamp ?? 0 }
}

/** Cuts the wanted frames (rising numbers) into stretches by the rule above. */
export const planStretches = (
  source: Pick<OpenVideo, 'stamps' | 'ordinalOf' | 'keyframes'>,
  wanted: ReadonlyArray<number>,
  seekAhead = SEEK_AHEAD,
): ReadonlyArray<Stretch> => {
  const stretches: Array<Stretch> = []
  for (const number of wanted) {
    const stamp = source.stamps[number]!
    const ordinal = source.ordinalOf.get(stamp)!
    const keyframe = keyframeFor(source.keyframes, stamp)
    const current = stretches.at(-1)
    if (current !== undefined && keyframe.ordinal - current.last < seekAhead) {
      current.stamps.push(stamp)
      current.last = Math.max(current.last, ordinal)
    } else stretches.push({ keyframe, stamps: [stamp], last: ordinal })
  }
  return stretches
}

const openDecoder = (source: OpenVideo, handles: Handles): CodecContext => {
  const decoder = handles.add(new CodecContext(), (owned) => owned.freeContext())
  decoder.allocContext3(source.codec)
  decoder.parametersToContext(source.stream.codecpar)
  decoder.pktTimebase = source.stream.timeBase
  // Videos are decoded side by side in the pool's workers; threads inside one decoder gain nothing then.
  decoder.threadCount = 1
  const code = decoder.open2Sync(source.codec)
  if (code < 0)
    throw new VideoFault(
      'unreadable',
      `its decoder does not open (${FFmpegError.strerror(code)}); convert it`,
    )
  return decoder
}

/** Calls `accept` with every frame the decoder has ready. */
const receive = (decoder: CodecContext, frame: Frame, accept: (frame: Frame) => void) => {
  for (;;) {
    const code = decoder.receiveFrameSync(frame)
    if (code === AVERROR_EAGAIN || code === AVERROR_EOF || code < 0) return
    accept(frame)
    frame.unref()
  }
}

interface Reader {
  readonly source: OpenVideo
  readonly decoder: CodecContext
  readonly packet: Packet
  readonly frame: Frame
  readonly cancelled: () => boolean
}

/** Decodes one stretch; `accept` gets the frames that come out, wanted or not. */
const decodeStretch = (reader: Reader, stretch: Stretch, accept: (frame: Frame) => void) => {
  const { source, decoder, packet, frame, cancelled } = reader
  const wanted = new Set(stretch.stamps)
  const code = source.format.seekFrameSync(
    source.stream.index,
    BigInt(stretch.keyframe.stamp),
    AVSEEK_FLAG_BACKWARD,
  )
  if (code < 0) return
  decoder.flushBuffers()
  let skipping: boolean | undefined
  for (let reading = true; reading && source.format.readFrameSync(packet) >= 0; packet.unref()) {
    if (cancelled()) throw new Cancelled()
    if (packet.streamIndex !== source.stream.index) continue
    const stamp = Number(packet.pts)
    const skip = !wanted.has(stamp)
    if (skip !== skipping) {
      decoder.setOption('skip_frame', skip ? 'noref' : 'default')
      skipping = skip
    }
    decoder.sendPacketSync(packet)
    receive(decoder, frame, accept)
    // A seek may land before or (broken index) after the keyframe: only the place in the file's order counts.
    reading = (source.ordinalOf.get(stamp) ?? 0) < stretch.last
  }
  packet.unref()
  decoder.sendPacketSync(null)
  receive(decoder, frame, accept)
}

/** Decodes everything from the start and counts, for containers whose time stamps or index mislead. */
const decodeAll = (reader: Reader, accept: (number: number, frame: Frame) => void) => {
  const { source, decoder, packet, frame, cancelled } = reader
  source.format.seekFrameSync(source.stream.index, BigInt(source.stamps[0]!), AVSEEK_FLAG_BACKWARD)
  decoder.flushBuffers()
  decoder.setOption('skip_frame', 'default')
  let number = 0
  const count = (shown: Frame) => accept(number++, shown)
  for (; source.format.readFrameSync(packet) >= 0; packet.unref()) {
    if (cancelled()) throw new Cancelled()
    if (packet.streamIndex !== source.stream.index) continue
    decoder.sendPacketSync(packet)
    receive(decoder, frame, count)
  }
  decoder.sendPacketSync(null)
  receive(decoder, frame, count)
}

/**
 * Decodes the frames with the numbers `wanted` (rising, no repeats) and hands each to `take` once; the frame is only
 * valid during the call. Throws VideoFault `truncated` when a frame cannot be decoded.
 */
export const decodeFrames = (
  source: OpenVideo,
  wanted: ReadonlyArray<number>,
  take: (number: number, frame: Frame) => void,
  cancelled: () => boolean,
  seekAhead = SEEK_AHEAD,
): void =>
  withHandles((handles) => {
    const reader: Reader = {
      source,
      cancelled,
      decoder: openDecoder(source, handles),
      packet: handles.add(new Packet(), (owned) => owned.free()),
      frame: handles.add(new Frame(), (owned) => owned.free()),
    }
    reader.packet.alloc()
    reader.frame.alloc()
    const missing = new Map(wanted.map((number) => [source.stamps[number]!, number]))
    for (const stretch of planStretches(source, wanted, seekAhead)) {
      decodeStretch(reader, stretch, (frame) => {
        const stamp = Number(frame.bestEffortTimestamp)
        const number = missing.get(stamp)
        if (number === undefined) return
        missing.delete(stamp)
        take(number, frame)
      })
    }
    if (missing.size === 0) return
    const numbers = new Set(missing.values())
    decodeAll(reader, (number, frame) => {
      if (numbers.delete(number)) take(number, frame)
    })
    const [lost] = numbers
    if (lost !== undefined)
      throw new VideoFault(
        'truncated',
        `frame ${lost} at ${source.times[lost]!.toFixed(2)} s cannot be decoded; copy the file again`,
      )
  })
