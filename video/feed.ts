import { AV_CODEC_ID_MJPEG, AV_FRAME_FLAG_CORRUPT, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants'
import { type Codec, CodecContext, FFmpegError, Frame, Packet } from 'node-av/lib'
import { VideoFault } from './fault.ts'
import type { Handles } from './handles.ts'
import { hasScan } from './jpeg.ts'
import type { Opened } from './open.ts'
import { NO_TIME } from './packets.ts'

/** What comes out of a decoder; frames are known by the place of their packet in the file's order. */
export interface Output {
  /** A frame, valid during the call. */
  readonly frame: (ordinal: number, frame: Frame) => void
  /** A packet that the decoder refuses, or whose frame it gives as damaged (`shown`). */
  readonly damage: (ordinal: number, shown: boolean) => void
}

/**
 * A decoder whose frames are told apart by their packet's ordinal, which travels through it in the place of the
 * presentation time: neither equal nor absent times, nor frames that never come out, can exchange one for another.
 */
export class Feed {
  /** The packet to read into before `send`. */
  readonly packet: Packet
  readonly #decoder: CodecContext
  readonly #frame: Frame
  readonly #jpeg: boolean
  #skipping = false

  constructor({ stream }: Opened, codec: Codec, handles: Handles) {
    this.#jpeg = stream.codecpar.codecId === AV_CODEC_ID_MJPEG
    const decoder = handles.add(new CodecContext(), (owned) => owned.freeContext())
    decoder.allocContext3(codec)
    decoder.parametersToContext(stream.codecpar)
    decoder.pktTimebase = stream.timeBase
    // Videos are decoded side by side in the pool's workers; threads inside one decoder gain nothing then.
    decoder.threadCount = 1
    // Without this, FFmpeg's JPEG decoder hides errors, and what it did not decode shows an older picture.
    if (this.#jpeg) decoder.setOption('err_detect', 'explode')
    const code = decoder.open2Sync(codec)
    if (code < 0)
      throw new VideoFault(
        'unreadable',
        `its decoder does not open (${FFmpegError.strerror(code)}); convert it`,
      )
    this.#decoder = decoder
    this.packet = handles.add(new Packet(), (owned) => owned.free())
    this.packet.alloc()
    this.#frame = handles.add(new Frame(), (owned) => owned.free())
    this.#frame.alloc()
  }

  /** Forgets what was sent, as a seek requires. */
  flush(): void {
    this.#decoder.flushBuffers()
  }

  /** Decodes the packet read; where its frame is not wanted it may be left out, if no other depends on it. */
  send(ordinal: number, wanted: boolean, output: Output): void {
    if (wanted === this.#skipping) {
      this.#decoder.setOption('skip_frame', wanted ? 'default' : 'noref')
      this.#skipping = !wanted
    }
    this.packet.pts = BigInt(ordinal)
    this.packet.dts = NO_TIME
    const empty = this.#jpeg && !hasScan(this.packet.data ?? new Uint8Array(0))
    if (empty || this.#decoder.sendPacketSync(this.packet) < 0) output.damage(ordinal, false)
    this.#receive(ordinal, output)
  }

  /** Takes the frames that the decoder still holds; a `flush` must follow. */
  drain(ordinal: number, output: Output): void {
    this.#decoder.sendPacketSync(null)
    this.#receive(ordinal, output)
  }

  #receive(sent: number, output: Output): void {
    const frame = this.#frame
    // An error is met once; a decoder that reports nothing else is left alone.
    for (let errors = 0; errors < 8; ) {
      const code = this.#decoder.receiveFrameSync(frame)
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return
      if (code < 0) {
        output.damage(sent, false)
        errors++
        continue
      }
      const ordinal = Number(frame.pts)
      if ((frame.flags & AV_FRAME_FLAG_CORRUPT) !== 0 || frame.decodeErrorFlags !== 0)
        output.damage(ordinal, true)
      else output.frame(ordinal, frame)
      frame.unref()
    }
  }
}
