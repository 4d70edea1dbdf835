import { crc32 } from 'node:zlib'
import type { Clip, VideoInfo } from '../model.ts'

/**
 * One clip in one file: 32 bytes (magic, CRC-32 of all that follows, length of the header, length of the frames), the
 * header in JSON, then the frames as they are: RGB, or one JPEG after the other. A file that was cut or damaged
 * anywhere fails the check of lengths or of the CRC; one that passes was written by this code.
 */
const magic = 'spanwise clip 1\n'
const prefix = 32

interface Header {
  /** What the clip was made from: a file under another's name is refused. */
  readonly key: string
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly info: VideoInfo
  readonly times: ReadonlyArray<number>
  readonly indices: ReadonlyArray<number>
  /** Bytes of each JPEG; null where the frames are RGB. */
  readonly pictures: ReadonlyArray<number> | null
  /** Which JPEG each frame shows: frames that repeat share theirs. */
  readonly shown: ReadonlyArray<number>
}

/** The bytes of a clip's file, in portions. */
export const packClip = (key: string, clip: Clip): ReadonlyArray<Uint8Array> => {
  const { width, height, fps, info, encoded } = clip
  const pictures = [...new Set(encoded ?? [])]
  const place = new Map(pictures.map((picture, i) => [picture, i]))
  const header: Header = {
    ...{ key, width, height, fps, info },
    times: Array.from(clip.times),
    indices: Array.from(clip.indices),
    pictures: encoded === undefined ? null : pictures.map(({ byteLength }) => byteLength),
    shown: (encoded ?? []).map((picture) => place.get(picture)!),
  }
  const text = Buffer.from(JSON.stringify(header))
  const frames = encoded === undefined ? [clip.rgb] : pictures
  const start = Buffer.alloc(prefix)
  start.write(magic, 'latin1')
  start.writeUInt32LE(text.length, 20)
  start.writeBigUInt64LE(BigInt(frames.reduce((sum, { byteLength }) => sum + byteLength, 0)), 24)
  const body = [start.subarray(20), text, ...frames]
  start.writeUInt32LE(
    body.reduce((crc, part) => crc32(part, crc), 0),
    16,
  )
  return [start, text, ...frames]
}

/** The clip in a file's bytes, its frames views into them; null where they are not whole, or another clip's. */
export const unpackClip = (key: string, bytes: Uint8Array<ArrayBuffer>): Clip | null => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < prefix || buffer.toString('latin1', 0, 16) !== magic) return null
  const from = prefix + buffer.readUInt32LE(20)
  if (BigInt(buffer.length - from) !== buffer.readBigUInt64LE(24)) return null
  if (crc32(buffer.subarray(20)) !== buffer.readUInt32LE(16)) return null
  const header = JSON.parse(buffer.toString('utf8', prefix, from)) as Header
  if (header.key !== key) return null
  const { width, height, fps, info } = header
  const rest = bytes.subarray(from)
  let at = 0
  const pictures = header.pictures?.map((length) => {
    at += length
    return rest.subarray(at - length, at)
  })
  return {
    ...{ width, height, fps, info },
    times: Float64Array.from(header.times),
    indices: Int32Array.from(header.indices),
    blank: new Uint8Array(header.times.length),
    rgb: pictures === undefined ? rest : new Uint8Array(0),
    ...(pictures === undefined ? {} : { encoded: header.shown.map((place) => pictures[place]!) }),
  }
}
