import { type PacketFacts, UNSTATED } from './packets.ts'

/**
 * A step back of decoding times by more than this many seconds is a seam, as where recordings were joined: the clock
 * starts again, and time goes on.
 */
const SEAM = 1

/** Packets with the restarts of their clock undone: decoding times never step back. */
export const joinSeams = (packets: ReadonlyArray<PacketFacts>, tick: number): ReadonlyArray<PacketFacts> => {
  let shift = 0
  let last: number | undefined
  return packets.map((packet) => {
    const stated = packet.dts === UNSTATED ? packet.pts : packet.dts
    if (stated === UNSTATED) return packet
    if (last !== undefined && stated + shift < last - SEAM / tick)
      shift = last + Math.max(1, packet.duration) - stated
    last = stated + shift
    if (shift === 0) return packet
    const move = (time: number) => (time === UNSTATED ? time : time + shift)
    return { ...packet, pts: move(packet.pts), dts: move(packet.dts) }
  })
}

/** Fills what is unstated (undefined) in rising stamps: evenly between its neighbours, by `gap` beyond them. */
const interpolate = (stamps: ReadonlyArray<number | undefined>, gap: number): ReadonlyArray<number> => {
  const filled: Array<number> = []
  stamps.forEach((stamp, place) => {
    if (stamp === undefined) return
    const from = filled.length
    const step = from === 0 ? gap : (stamp - filled[from - 1]!) / (place - from + 1)
    for (let missing = from; missing < place; missing++) filled.push(stamp - (place - missing) * step)
    filled.push(stamp)
  })
  while (filled.length < stamps.length) filled.push(filled.at(-1)! + gap)
  return filled
}

const rises = (stamps: ReadonlyArray<number>) => stamps.every((stamp, i) => i === 0 || stamp > stamps[i - 1]!)

/**
 * Presentation time of each packet in ticks where its container (AVI, MPEG program streams, raw streams) does not
 * state all of them. `order` lists packets in the order of presentation, as a decoder gave their frames. Stated
 * times that rise in this order are kept and those between filled in; else the k-th frame shown has the k-th of the
 * decoding times; without those frames follow each other by `gap` ticks. A packet without a frame keeps its own time.
 */
export const deriveStamps = (
  packets: ReadonlyArray<PacketFacts>,
  order: ReadonlyArray<number>,
  gap: number,
): Float64Array => {
  const stamps = Float64Array.from(packets, ({ pts, dts }) => (pts === UNSTATED ? dts : pts))
  const stated = order.map((ordinal) =>
    packets[ordinal]!.pts === UNSTATED ? undefined : packets[ordinal]!.pts,
  )
  const decoding = order.map((ordinal) => packets[ordinal]!.dts).filter((dts) => dts !== UNSTATED)
  const filled = stated.some((stamp) => stamp !== undefined) ? interpolate(stated, gap) : []
  const derived =
    filled.length > 0 && rises(filled)
      ? filled
      : decoding.length === order.length
        ? decoding.sort((a, b) => a - b)
        : order.map((_, place) => place * gap)
  order.forEach((ordinal, place) => {
    stamps[ordinal] = derived[place]!
  })
  return stamps
}
