import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { Packet } from 'node-av/lib'
import { Cancelled, VideoFault } from './fault.ts'
import { withHandles } from './handles.ts'
import { type Opened, openFormat } from './open.ts'
import { NO_TIME } from './packets.ts'

/** Boxes of an mp4 without whose end frames are absent. */
const needed = new Set(['mdat', 'moov', 'moof'])

type Read = (offset: number, length: number) => Buffer

/** Where the top-level box that frames depend on and that passes the end of the file would end (ISO 14496-12). */
const endOfBoxes = (read: Read, size: number): number => {
  for (let at = 0; at + 8 <= size; ) {
    const head = read(at, 16)
    const type = head.toString('latin1', 4, 8)
    const short = head.readUInt32BE(0)
    const length = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short
    // A length of 0 means "to the end of the file"; other small ones and strange names are no boxes.
    if (length < 8 || !/^[\w\- ©]{4}$/.test(type)) return 0
    if (at + length > size) return needed.has(type) ? at + length : 0
    at += length
  }
  return 0
}

/** A number of EBML (RFC 8794): as many bytes as its first has leading zeros, and one; `Infinity` where unknown. */
const ebmlNumber = (bytes: Buffer, at: number): { readonly value: number; readonly bytes: number } => {
  const length = Math.clz32(bytes[at] ?? 0) - 24 + 1
  let value = (bytes[at] ?? 0) & (0xff >> length)
  let unknown = value === 0xff >> length
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0
    value = value * 256 + byte
    unknown &&= byte === 0xff
  }
  return { value: unknown ? Number.POSITIVE_INFINITY : value, bytes: length }
}

/** Where the segment of a Matroska file ends by its own length; 0 where it states none. */
const endOfSegment = (read: Read): number => {
  const head = read(0, 4096)
  const header = ebmlNumber(head, 4)
  const segment = 4 + header.bytes + header.value
  if (segment + 12 > head.length || head.readUInt32BE(segment) !== 0x18538067) return 0
  const length = ebmlNumber(head, segment + 4)
  return Number.isFinite(length.value) ? segment + 4 + length.bytes + length.value : 0
}

/** GUID of the file properties of ASF, in the order of the file. */
const properties = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex')

/** Where an ASF file ends by the size in its header; 0 for a broadcast, which states none. */
const endOfAsf = (read: Read): number => {
  const head = read(0, 1 << 16)
  const at = head.indexOf(properties)
  if (at < 0 || at + 92 > head.length) return 0
  const broadcast = (head.readUInt32LE(at + 88) & 1) === 1
  return broadcast ? 0 : Number(head.readBigUInt64LE(at + 40))
}

/**
 * Bytes that an mp4, Matroska or ASF file lacks of what its own structure says; 0 for a whole file and for other
 * containers. Unlike a comparison of frames with an index it is exact: an index may count frames that are not shown.
 */
const bytesMissing = (path: string): number => {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const read: Read = (offset, length) => {
      const bytes = Buffer.alloc(length)
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset))
    }
    const head = read(0, 8)
    if (head.length < 8) return 0
    const start = head.readUInt32BE(0)
    const end =
      start === 0x1a45dfa3
        ? endOfSegment(read)
        : start === 0x3026b275
          ? endOfAsf(read)
          : endOfBoxes(read, size)
    return Math.max(0, end - size)
  } finally {
    closeSync(file)
  }
}

/** Seconds that the header of Matroska, FLV or AVI states; 0 elsewhere, where FFmpeg estimates from what is there. */
const statedDuration = ({ format, stream }: Opened): number => {
  const name = format.iformat?.name ?? ''
  // Every place of a frame counts, also those that hold none.
  if (name === 'avi') return Number(stream.nbFrames) * stream.timeBase.toDouble()
  return /matroska|flv/.test(name) ? Number(format.duration) / 1e6 : 0
}

/** Seconds that may be absent at the end of such a file without a word: headers round and count the last frame twice. */
const SLACK = 0.5

/** End of the last packet of any stream in seconds of the container's clock. */
const lastEnd = (path: string, cancelled: () => boolean): number =>
  withHandles((handles) => {
    const format = openFormat(path, handles)
    const packet = handles.add(new Packet(), (owned) => owned.free())
    packet.alloc()
    let end = 0
    for (; format.readFrameSync(packet) >= 0; packet.unref()) {
      if (cancelled()) throw new Cancelled()
      const start = packet.pts === NO_TIME ? packet.dts : packet.pts
      const tick = format.streams[packet.streamIndex]?.timeBase.toDouble()
      if (start !== NO_TIME && tick !== undefined) end = Math.max(end, Number(start + packet.duration) * tick)
    }
    return end
  })

/**
 * Throws VideoFault `truncated` for a file that was cut off: its structure or its header promises more than is there.
 * `end` is the end of its video in seconds of the container's clock.
 */
export const checkWhole = (path: string, opened: Opened, end: number, cancelled: () => boolean): void => {
  const missing = bytesMissing(path)
  if (missing > 0)
    throw new VideoFault(
      'truncated',
      `the file is cut off: its last ${missing} bytes are missing; copy it again`,
    )
  const promised = statedDuration(opened)
  if (!(promised > end + SLACK)) return
  // Sound and subtitles may go on where the picture ends.
  const reached = Math.max(end, lastEnd(path, cancelled))
  if (promised > reached + SLACK)
    throw new VideoFault(
      'truncated',
      `the file is cut off: ${reached.toFixed(2)} s of the ${promised.toFixed(2)} s that its header states; copy it again`,
    )
}
