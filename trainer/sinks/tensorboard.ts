import { appendFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { makeFolders } from '../../files/index.ts'
import type { Sink } from './rows.ts'

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C (Castagnoli), which zlib does not have. */
const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** A checksum as TFRecord stores it. */
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** One record of a TFRecord file: length, its checksum, content, its checksum. */
const recordOf = (content: Uint8Array): Uint8Array => {
  const record = Buffer.alloc(content.length + 16)
  record.writeBigUInt64LE(BigInt(content.length), 0)
  record.writeUInt32LE(masked(record.subarray(0, 8)), 8)
  record.set(content, 12)
  record.writeUInt32LE(masked(content), 12 + content.length)
  return record
}

/** A tensorflow.Event: `wall_time` 1, `step` 2, `file_version` 3, `summary` 5, `session_log` 7. */
const event = (step: number, fill: (writer: BinaryWriter) => unknown): Uint8Array => {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Bit64).double(Date.now() / 1000)
  writer.tag(2, WireType.Varint).int64(step)
  fill(writer)
  return recordOf(writer.finish())
}

/**
 * Writes event files of TensorBoard into a folder, one for each start of the training. A start at a later step tells
 * TensorBoard to forget what an earlier start wrote from there on.
 */
export const tensorboardSink = (folder: string): Sink => {
  let file: string | null = null
  const begin = (step: number): string => {
    makeFolders(folder)
    const name = `events.out.tfevents.${Math.floor(Date.now() / 1000)}.${hostname()}.${process.pid}.0`
    const path = join(folder, name)
    appendFileSync(
      path,
      event(0, (writer) => writer.tag(3, WireType.LengthDelimited).string('brain.Event:2')),
    )
    appendFileSync(
      path,
      event(step, (writer) =>
        writer.tag(7, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int32(1).join(),
      ),
    )
    return path
  }
  return {
    write: (step, figures) => {
      file ??= begin(step)
      const content = event(step, (writer) => {
        const summary = writer.tag(5, WireType.LengthDelimited).fork()
        for (const [name, value] of figures)
          summary
            .tag(1, WireType.LengthDelimited)
            .fork()
            .tag(1, WireType.LengthDelimited)
            .string(name)
            .tag(2, WireType.Bit32)
            .float(value)
            .join()
        summary.join()
      })
      appendFileSync(file, content)
    },
    close: () => {},
  }
}
