import { AV_CODEC_ID_VP8, AVDISCARD_ALL, AVERROR_EOF } from 'node-av/constants'
import { FFmpegError, Packet } from 'node-av/lib'
import { Cancelled, VideoFault } from './fault.ts'
import type { Handles } from './handles.ts'
import type { Opened } from './open.ts'

/** Time stamp that FFmpeg gives where a container states none. */
export const NO_TIME = -9223372036854775808n
/** The same as a number; what `Number(packet.pts)` is then. */
export const UNSTATED = Number(NO_TIME)
/** Flag of packets that are decoded but, by the container's edit list, not shown. */
const HIDDEN = 4
/** Flag of packets of which the container knows that a part was lost. */
const INCOMPLETE = 2

/** One packet of a stream as its container states it, times in ticks of the stream's clock or `UNSTATED`. */
export interface PacketFacts {
  readonly pts: number
  readonly dts: number
  readonly duration: number
  /** Bytes. */
  readonly size: number
  /** Byte of the file where it starts; -1 where the container does not tell. */
  readonly position: number
  readonly key: boolean
  /** Whether the packet's frame is for decoding others only. */
  readonly hidden: boolean
  /** Whether the container knows that a part of it was lost. */
  readonly incomplete: boolean
}

export interface Listing {
  /** All packets of the video in the order of the file, which is that of decoding. */
  readonly packets: ReadonlyArray<PacketFacts>
  /** Start of the earliest sound in seconds of the container's clock; undefined without sound. */
  readonly soundStart: number | undefined
}

/** VP8 marks frames that only serve as references in their first byte (RFC 6386, 9.1). */
const isReference = (packet: Packet) => ((packet.data?.[0] ?? 0x10) & 0x10) === 0

/** Reads a file, opened with its sound, to its end. Cost: 2-3 ms for the 30 s clips of Charades. */
export const listPackets = (
  { format, stream }: Opened,
  handles: Handles,
  cancelled: () => boolean,
): Listing => {
  const packet = handles.add(new Packet(), (owned) => owned.free())
  packet.alloc()
  const { index } = stream
  const invisible = stream.codecpar.codecId === AV_CODEC_ID_VP8
  const packets: Array<PacketFacts> = []
  let soundStart: number | undefined
  for (;;) {
    if (cancelled()) throw new Cancelled()
    const code = format.readFrameSync(packet)
    if (code === AVERROR_EOF) break
    if (code < 0)
      throw new VideoFault(
        'truncated',
        `damaged after ${packets.length} frames (${FFmpegError.strerror(code)}); copy it again`,
      )
    const pts = Number(packet.pts)
    const { flags } = packet
    if (packet.streamIndex === index) {
      packets.push({
        pts,
        dts: Number(packet.dts),
        duration: Number(packet.duration),
        size: packet.size,
        position: Number(packet.pos),
        key: packet.isKeyframe,
        hidden: (flags & HIDDEN) !== 0 || (invisible && isReference(packet)),
        incomplete: (flags & INCOMPLETE) !== 0,
      })
    } else if ((flags & HIDDEN) === 0 && pts !== UNSTATED) {
      const sound = format.streams.find((one) => one.index === packet.streamIndex)
      if (sound !== undefined) {
        const start = pts * sound.timeBase.toDouble()
        soundStart = Math.min(soundStart ?? start, start)
        // Its first packet says all that is asked of it.
        sound.discard = AVDISCARD_ALL
      }
    }
    packet.unref()
  }
  return { packets, soundStart }
}
