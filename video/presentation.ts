import type { Codec } from 'node-av/lib'
import { Cursor } from './cursor.ts'
import { Cancelled } from './fault.ts'
import { Feed } from './feed.ts'
import { withHandles } from './handles.ts'
import type { Opened } from './open.ts'
import type { PacketFacts } from './packets.ts'

/** Ordinals of all packets that have a frame, in the order of presentation: the order in which a decoder gives them. */
export const presentationOrder = (
  path: string,
  opened: Opened,
  codec: Codec,
  packets: ReadonlyArray<PacketFacts>,
  cancelled: () => boolean,
): ReadonlyArray<number> =>
  withHandles((handles) => {
    const cursor = new Cursor(path, opened, packets, [], handles)
    const feed = new Feed(opened, codec, handles)
    const order = new Set<number>()
    // A damaged frame has its place too, and whoever wants it will be told.
    const output = {
      frame: (ordinal: number) => order.add(ordinal),
      damage: (ordinal: number) => order.add(ordinal),
    }
    cursor.rewind()
    let sent = 0
    for (;;) {
      if (cancelled()) throw new Cancelled()
      const ordinal = cursor.next(feed.packet)
      if (ordinal === undefined) break
      feed.send(ordinal, true, output)
      feed.packet.unref()
      sent = ordinal
    }
    feed.drain(sent, output)
    return [...order]
  })
