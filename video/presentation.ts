import type { Codec } from 'node-av/lib'
import { Cursor } from './cursor.ts'
import { Cancelled } from './fault.ts'
import { Feed } from './feed.ts'
import { withHandles } from './handles.ts'
import type { Opened } from './open.ts'
import type { PacketFacts } from './packets.ts'

export interface Presentation {
  /** Ordinals of all packets that have a frame, in the order of presentation: the order in which a decoder gives them. */
  readonly order: ReadonlyArray<number>
  /** Ordinals at which the decoder reported damage. */
  readonly damaged: ReadonlyArray<number>
}

/** Decodes a whole video for the order of its frames. */
export const presentationOrder = (
  path: string,
  opened: Opened,
  codec: Codec,
  packets: ReadonlyArray<PacketFacts>,
  cancelled: () => boolean,
): Presentation =>
  withHandles((handles) => {
    const cursor = new Cursor(path, opened, packets, [], handles)
    const feed = new Feed(opened, codec, handles)
    const order: Array<number> = []
    const damaged: Array<number> = []
    const output = {
      frame: (ordinal: number) => order.push(ordinal),
      damage: (ordinal: number, shown: boolean) => {
        damaged.push(ordinal)
        if (shown) order.push(ordinal)
      },
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
    return { order, damaged }
  })
