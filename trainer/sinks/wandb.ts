import { createHash } from 'node:crypto'
import { appendFileSync, existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { makeFolders } from '../../files/index.ts'
import type { Sink } from './rows.ts'

/** Bytes of a block; a record that does not fit into one is cut. */
const blockSize = 32768
const headerSize = 7

/** Kinds of a fragment: a whole record, its first, a middle or its last part. */
const whole = 1
const [first, middle, last] = [2, 3, 4]

/** The log of LevelDB as Weights & Biases writes it: fragments of checksum, length, kind and content. */
class Log {
  readonly #path: string
  #at: number

  constructor(path: string) {
    this.#path = path
    // ":W&B", a magic number and the version.
    const opening = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0x00])
    appendFileSync(path, opening)
    this.#at = opening.length
  }

  add(content: Uint8Array): void {
    const pieces: Array<Uint8Array> = []
    for (let from = 0, begun = false; ; begun = true) {
      let room = blockSize - (this.#at % blockSize)
      if (room < headerSize) {
        pieces.push(Buffer.alloc(room))
        this.#at += room
        room = blockSize
      }
      const piece = content.subarray(from, from + room - headerSize)
      from += piece.length
      const ends = from === content.length
      const kind = begun ? (ends ? last : middle) : ends ? whole : first
      const header = Buffer.alloc(headerSize)
      header.writeUInt32LE(crc32(piece, crc32(Buffer.from([kind!]))), 0)
      header.writeUInt16LE(piece.length, 4)
      header.writeUInt8(kind!, 6)
      pieces.push(header, piece)
      this.#at += headerSize + piece.length
      if (ends) break
    }
    appendFileSync(this.#path, Buffer.concat(pieces))
  }
}

const message = (writer: BinaryWriter, field: number, fill: (inner: BinaryWriter) => unknown) => {
  const inner = writer.tag(field, WireType.LengthDelimited).fork()
  fill(inner)
  return inner.join()
}

const text = (writer: BinaryWriter, field: number, value: string) =>
  writer.tag(field, WireType.LengthDelimited).string(value)

/** What the run is called, where it belongs, and its settings. */
export interface WandbRun {
  readonly folder: string
  readonly settings: { readonly [name: string]: unknown }
  /** W&B's own variables WANDB_PROJECT, WANDB_ENTITY and WANDB_NAME are read from here. */
  readonly environment: NodeJS.ProcessEnv
}

/**
 * Writes an offline run of Weights & Biases into `FOLDER/wandb`, which `wandb sync` uploads. Nothing is sent. Every start
 * of a training is a folder of its own with the same id of a run; `wandb sync --append` joins them.
 * Numbers of fields are those of wandb_internal.proto (wandb 0.31).
 */
export const wandbSink = ({ folder, settings, environment }: WandbRun): Sink => {
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 8)
  const began = Date.now()
  let log: Log | null = null
  let count = 0
  const record = (into: Log, field: number, fill: (inner: BinaryWriter) => unknown) => {
    const writer = new BinaryWriter()
    count += 1
    writer.tag(1, WireType.Varint).int64(count)
    message(writer, field, fill)
    message(writer, 200, (info) => text(info, 1, id))
    into.add(writer.finish())
  }
  const begin = (): Log => {
    let place: string
    // Two starts within a second.
    for (let at = began; ; at += 1000) {
      const stamp = new Date(at).toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15)
      place = join(folder, 'wandb', `offline-run-${stamp}-${id}`)
      if (!existsSync(place)) break
    }
    makeFolders(join(place, 'files'))
    const into = new Log(join(place, `run-${id}.wandb`))
    record(into, 21, (header) =>
      message(header, 1, (version) => {
        text(version, 1, '0.31.0')
        text(version, 2, '0.70.0')
      }),
    )
    record(into, 17, (run) => {
      text(run, 1, id)
      if (environment.WANDB_ENTITY !== undefined) text(run, 2, environment.WANDB_ENTITY)
      text(run, 3, environment.WANDB_PROJECT ?? 'spanwise')
      message(run, 4, (config) => {
        for (const [name, value] of Object.entries(settings))
          message(config, 1, (item) => {
            text(item, 1, name)
            text(item, 16, JSON.stringify(value))
          })
      })
      text(run, 8, environment.WANDB_NAME ?? basename(folder))
      text(run, 13, hostname())
      message(run, 17, (time) => time.tag(1, WireType.Varint).int64(Math.floor(began / 1000)))
    })
    return into
  }
  const items = (writer: BinaryWriter, field: number, pairs: ReadonlyArray<readonly [string, number]>) => {
    for (const [name, value] of pairs)
      message(writer, field, (item) => {
        text(item, 2, name)
        text(item, 16, JSON.stringify(value))
      })
  }
  let pending: { readonly step: number; readonly figures: ReadonlyArray<readonly [string, number]> } | null =
    null
  const flush = () => {
    if (pending === null) return
    log ??= begin()
    const now = Date.now()
    const { step } = pending
    const pairs: ReadonlyArray<readonly [string, number]> = [
      ...pending.figures,
      ['_step', step],
      ['_timestamp', now / 1000],
      ['_runtime', (now - began) / 1000],
    ]
    record(log, 2, (history) => {
      items(history, 1, pairs)
      message(history, 2, (at) => at.tag(1, WireType.Varint).int64(step))
    })
    record(log, 3, (summary) => items(summary, 1, pairs))
    pending = null
  }
  return {
    write: (step, figures) => {
      // A step has one row there, as in W&B's own client: it is written when the next one begins.
      if (pending !== null && pending.step !== step) flush()
      pending = { step, figures: [...(pending?.figures ?? []), ...figures] }
    },
    close: () => {
      flush()
      if (log !== null)
        record(log, 18, (exit) => exit.tag(2, WireType.Varint).int32(Math.floor((Date.now() - began) / 1000)))
    },
  }
}
