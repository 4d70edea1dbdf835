import { type PacketFacts, UNSTATED } from './packets.ts'
import type { Presentation } from './presentation.ts'

/**
 * A step back of decoding times by more than this many seconds is a seam, as where recordings were joined: the clock
 * starts again, and time goes on.
 */
const SEAM = 1

/** At most so many packets whose times leave the line and return to it are damaged, rather than a recording between seams. */
const STRAY = 8

/** Packets that FFmpeg's parser holds when a recording ends: the loss that it sees there is put on one of them. */
const PARSED = 2

const decodingTime = ({ pts, dts }: PacketFacts): number => (dts === UNSTATED ? pts : dts)

const moved = (packet: PacketFacts, shift: number): PacketFacts => {
  if (shift === 0) return packet
  const move = (time: number) => (time === UNSTATED ? time : time + shift)
  return { ...packet, pts: move(packet.pts), dts: move(packet.dts) }
}

const stepsBack = (packets: ReadonlyArray<PacketFacts>, step: number): boolean => {
  let last = Number.NEGATIVE_INFINITY
  for (const packet of packets) {
    const time = decodingTime(packet)
    if (time === UNSTATED) continue
    if (time < last - step) return true
    last = time
  }
  return false
}

/**
 * Packets on one rising clock. Where it starts again, what follows is moved behind what was there, and what looks
 * incomplete before the seam is only the end of a recording. Times that leave the line and return to it count as not
 * stated.
 */
export const joinSeams = (packets: ReadonlyArray<PacketFacts>, tick: number): ReadonlyArray<PacketFacts> => {
  const step = SEAM / tick
  if (!stepsBack(packets, step)) return packets
  let shift = 0
  const joined: Array<PacketFacts> = []
  /** Places in `joined` of packets with a time on the line. */
  const line: Array<number> = []
  const timeAt = (back: number) => {
    const place = line.at(-1 - back)
    return place === undefined ? Number.NEGATIVE_INFINITY : decodingTime(joined[place]!)
  }
  for (const packet of packets) {
    const stated = decodingTime(packet)
    if (stated !== UNSTATED) {
      if (stated + shift < timeAt(0) - step) {
        let stray = 1
        while (stray <= STRAY && stated + shift < timeAt(stray)) stray++
        if (stray <= STRAY && stated + shift - timeAt(stray) < step)
          for (const place of line.splice(-stray))
            joined[place] = { ...joined[place]!, pts: UNSTATED, dts: UNSTATED }
        else {
          shift = timeAt(0) + Math.max(1, joined[line.at(-1)!]!.duration) - stated
          joined.push(...joined.splice(-PARSED).map((before) => ({ ...before, incomplete: false })))
        }
      }
      line.push(joined.length)
    }
    joined.push(moved(packet, shift))
  }
  return joined
}

/**
 * Fills what is unstated (undefined) in rising stamps: between its neighbours by as many of `slots` (rising) as lie
 * there, else evenly; beyond them by `gap`.
 */
const interpolate = (
  stamps: ReadonlyArray<number | undefined>,
  slots: ReadonlyArray<number>,
  gap: number,
): ReadonlyArray<number> => {
  const filled: Array<number> = []
  let slot = 0
  stamps.forEach((stamp, place) => {
    if (stamp === undefined) return
    const from = filled.length
    const left = filled[from - 1]
    while (slot < slots.length && slots[slot]! <= (left ?? Number.NEGATIVE_INFINITY)) slot++
    const first = slot
    while (slot < slots.length && slots[slot]! < stamp) slot++
    const between = slots.slice(first, slot)
    const step = left === undefined ? gap : (stamp - left) / (place - from + 1)
    for (let missing = from; missing < place; missing++)
      filled.push(
        left !== undefined && between.length === place - from
          ? between[missing - from]!
          : stamp - (place - missing) * step,
      )
    filled.push(stamp)
  })
  while (filled.length < stamps.length) filled.push(filled.at(-1)! + gap)
  return filled
}

const rises = (stamps: ReadonlyArray<number>) => stamps.every((stamp, i) => i === 0 || stamp > stamps[i - 1]!)

/** The order of presentation, and what its derivation leaves uncertain. */
export interface Derived {
  /** Presentation time of each packet in ticks; its decoding time where it shows no frame. */
  readonly stamps: Float64Array
  /** Ordinals of the packets that show a frame, or state when theirs would be shown. */
  readonly shown: ReadonlyArray<number>
  /** Ordinals at which groups of pictures start whose times are not known, because a damaged frame left no trace. */
  readonly doubtful: ReadonlyArray<number>
}

/** Ordinal of the keyframe at the start of each packet's group of pictures. */
const groupsOf = (packets: ReadonlyArray<PacketFacts>): ReadonlyArray<number> => {
  let start = 0
  return packets.map(({ key }, ordinal) => {
    if (key) start = ordinal
    return start
  })
}

/**
 * Presentation times where a container (AVI, MPEG program streams, raw streams) does not state all of them, from the
 * order in which a decoder gave the frames. Stated times that rise in this order are kept and those between filled
 * in; else the k-th frame of a group of pictures has the k-th of the group's decoding times; without those, frames
 * follow each other by `gap` ticks.
 */
export const deriveStamps = (
  packets: ReadonlyArray<PacketFacts>,
  { order, damaged }: Presentation,
  gap: number,
): Derived => {
  const stamps = Float64Array.from(packets, ({ pts, dts }) => (pts === UNSTATED ? dts : pts))
  const stated = order.map((ordinal) =>
    packets[ordinal]!.pts === UNSTATED ? undefined : packets[ordinal]!.pts,
  )
  const groups = groupsOf(packets)
  const slots = packets.filter(({ pts, dts }) => pts === UNSTATED && dts !== UNSTATED).map(({ dts }) => dts)
  const filled = stated.some((stamp) => stamp !== undefined) ? interpolate(stated, slots, gap) : []
  if (filled.length > 0 && rises(filled))
    order.forEach((ordinal, place) => {
      stamps[ordinal] = filled[place]!
    })
  else if (order.every((ordinal) => packets[ordinal]!.dts !== UNSTATED)) {
    const slots = order.toSorted((a, b) => groups[a]! - groups[b]! || packets[a]!.dts - packets[b]!.dts)
    const frames = order.map((ordinal, place) => ({ ordinal, place }))
    frames.sort((a, b) => groups[a.ordinal]! - groups[b.ordinal]! || a.place - b.place)
    frames.forEach(({ ordinal }, place) => {
      stamps[ordinal] = packets[slots[place]!]!.dts
    })
  } else
    order.forEach((ordinal, place) => {
      stamps[ordinal] = place * gap
    })
  const framed = new Set(order)
  const vanished = [...packets.keys()].filter((ordinal) => !framed.has(ordinal) && !packets[ordinal]!.hidden)
  const traceless = new Set(
    vanished.filter((ordinal) => packets[ordinal]!.pts === UNSTATED).map((ordinal) => groups[ordinal]!),
  )
  return {
    stamps,
    shown: [...order, ...vanished.filter((ordinal) => packets[ordinal]!.pts !== UNSTATED)],
    doubtful: [...new Set(damaged.map((ordinal) => groups[ordinal]!))].filter((group) =>
      traceless.has(group),
    ),
  }
}
