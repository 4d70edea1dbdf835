import { AVSEEK_FLAG_BACKWARD } from 'node-av/constants'
import type { Packet } from 'node-av/lib'
import { Handles } from './handles.ts'
import { type Opened, openVideo } from './open.ts'
import { type PacketFacts, UNSTATED } from './packets.ts'

/** How many packets unlike any listed one may follow a seek before it counts as failed. */
const PATIENCE = 64

/** The time by which a packet is recognised. */
const keyOf = ({ pts, dts }: Pick<PacketFacts, 'pts' | 'dts'>): number => (pts === UNSTATED ? dts : pts)

/**
 * Walks through the packets of a video that were listed before, always knowing which of them it reads. The position
 * after a seek is recognised, not assumed; a packet that was not listed (the rest of one that a seek cut in two) is
 * passed over.
 */
export class Cursor {
  #opened: Opened
  readonly #path: string
  readonly #facts: ReadonlyArray<PacketFacts>
  readonly #keyframes: ReadonlyArray<number>
  /** Those of the file where it was opened again: a file in which no seek succeeds is opened for every stretch. */
  readonly #reopened: Handles
  #places: Map<number, Array<number>> | undefined
  /** Ordinal of the packet read last; undefined after a seek. */
  #last: number | undefined = -1
  /** Ordinal of a packet that was read to see where a seek landed. */
  #pending: number | undefined

  constructor(
    path: string,
    opened: Opened,
    facts: ReadonlyArray<PacketFacts>,
    keyframes: ReadonlyArray<number>,
    handles: Handles,
  ) {
    this.#path = path
    this.#opened = opened
    this.#facts = facts
    this.#keyframes = keyframes
    this.#reopened = handles.add(new Handles(), (owned) => owned.release())
  }

  /** Reads the next packet into `packet` and returns its ordinal; undefined at the end. */
  next(packet: Packet): number | undefined {
    const pending = this.#pending
    this.#pending = undefined
    return pending ?? this.#read(packet, Number.POSITIVE_INFINITY)
  }

  /**
   * Goes to a keyframe, whose packet is then the next or one of the next. A seek that lands behind it is repeated
   * further ahead; where none lands well the file is opened again and read from its start.
   */
  seek(keyframe: number, packet: Packet): void {
    for (const stamp of this.#targets(keyframe)) {
      packet.unref()
      const { format, stream } = this.#opened
      if (format.seekFrameSync(stream.index, BigInt(stamp), AVSEEK_FLAG_BACKWARD) < 0) continue
      this.#last = undefined
      const landed = this.#read(packet, PATIENCE)
      if (landed === undefined || landed > keyframe) continue
      this.#pending = landed
      return
    }
    packet.unref()
    this.rewind()
  }

  /** Times to seek to for a keyframe, each earlier than the last. */
  *#targets(keyframe: number): Generator<number> {
    const facts = this.#facts[keyframe]!
    if (facts.pts !== UNSTATED) yield facts.pts
    if (facts.dts !== UNSTATED && facts.dts !== facts.pts) yield facts.dts
    const place = this.#keyframes.indexOf(keyframe)
    for (let back = 1; back < place; back *= 4) yield keyOf(this.#facts[this.#keyframes[place - back]!]!)
  }

  /** To the first packet. Not every container can seek there; opening the file again always can. */
  rewind(): void {
    this.#reopened.release()
    this.#opened = openVideo(this.#path, this.#reopened)
    this.#last = -1
    this.#pending = undefined
  }

  #read(packet: Packet, patience: number): number | undefined {
    const { format, stream } = this.#opened
    const { index } = stream
    for (let strangers = 0; strangers < patience; packet.unref()) {
      if (format.readFrameSync(packet) < 0) return undefined
      if (packet.streamIndex !== index) continue
      const ordinal = this.#recognise(packet)
      if (ordinal !== undefined) {
        this.#last = ordinal
        return ordinal
      }
      strangers++
    }
    return undefined
  }

  /** Mostly the packet after the last; else the one listed with the same time, size and position. */
  #recognise(packet: Packet): number | undefined {
    const pts = Number(packet.pts)
    const key = pts === UNSTATED ? Number(packet.dts) : pts
    const { size } = packet
    const position = Number(packet.pos)
    const fits = (ordinal: number) => {
      const facts = this.#facts[ordinal]
      return facts !== undefined && facts.size === size && facts.position === position && keyOf(facts) === key
    }
    if (this.#last !== undefined && fits(this.#last + 1)) return this.#last + 1
    return this.#placesOf(key).find(fits)
  }

  #placesOf(key: number): ReadonlyArray<number> {
    if (this.#places === undefined) {
      this.#places = new Map()
      for (const [ordinal, facts] of this.#facts.entries()) {
        const known = this.#places.get(keyOf(facts))
        if (known === undefined) this.#places.set(keyOf(facts), [ordinal])
        else known.push(ordinal)
      }
    }
    return this.#places.get(key) ?? []
  }
}
