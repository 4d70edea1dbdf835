import {
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_SMPTE170M,
  FF_ENCODER_MJPEG,
  FF_ENCODER_PNG,
} from 'node-av/constants'
import {
  Codec,
  CodecContext,
  FFmpegError,
  type Frame,
  Packet,
  Rational,
  type SoftwareScaleContext,
} from 'node-av/lib'
import { VideoFault } from './fault.ts'
import { type Handles, withHandles } from './handles.ts'
import type { Picture, PictureFormat } from './model.ts'
import { makeFrame, makeRgbFrame, makeScaler } from './pixels.ts'
import './quiet.ts'

/** JPEG quality 1-100 as FFmpeg's quantiser scale 31-2. */
const quantiser = (quality: number) => Math.round(2 + ((100 - Math.min(100, Math.max(1, quality))) * 29) / 99)

/** FFmpeg's unit of `global_quality`. */
const QP_TO_LAMBDA = 118

/** Encodes pictures of one size, one after the other; its handles live as long as `handles`. Throws VideoFault `encode`. */
export class PictureEncoder {
  readonly #format: PictureFormat['format']
  readonly #encoder: CodecContext
  readonly #packet: Packet
  readonly #rgb: Frame
  /** Time stamps must rise from picture to picture. */
  #next = 0n
  /** For JPEG: the picture in the encoder's own colours, and what converts to them. */
  readonly #yuv: { readonly frame: Frame; readonly scaler: SoftwareScaleContext } | undefined

  constructor(width: number, height: number, { format, quality = 85 }: PictureFormat, handles: Handles) {
    if (!(width > 0 && height > 0))
      throw new VideoFault('encode', `an image of ${width}x${height} has no pixels`)
    const codec = Codec.findEncoderByName(format === 'png' ? FF_ENCODER_PNG : FF_ENCODER_MJPEG)
    if (codec === null) throw new VideoFault('encode', `this build of FFmpeg cannot write ${format}`)
    const encoder = handles.add(new CodecContext(), (owned) => owned.freeContext())
    encoder.allocContext3(codec)
    encoder.width = width
    encoder.height = height
    encoder.timeBase = new Rational(1, 25)
    encoder.pixelFormat = format === 'png' ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_YUVJ420P
    encoder.colorRange = AVCOL_RANGE_JPEG
    encoder.threadCount = 1
    if (format === 'jpeg') {
      encoder.setOption('flags', '+qscale+bitexact')
      encoder.globalQuality = quantiser(quality) * QP_TO_LAMBDA
    }
    this.#format = format
    this.#encoder = encoder
    this.#check(encoder.open2Sync(codec))
    this.#rgb = makeRgbFrame(width, height, handles)
    if (format === 'jpeg') {
      const frame = makeFrame(AV_PIX_FMT_YUVJ420P, width, height, handles)
      frame.colorSpace = AVCOL_SPC_SMPTE170M
      frame.colorRange = AVCOL_RANGE_JPEG
      frame.quality = quantiser(quality) * QP_TO_LAMBDA
      this.#yuv = { frame, scaler: makeScaler(handles) }
    }
    this.#packet = handles.add(new Packet(), (owned) => owned.free())
    this.#packet.alloc()
  }

  /** Bytes of a picture, `[height, width, 3]`: the same for the same pixels. */
  encode(rgb: Uint8Array): Uint8Array {
    const { width, height } = this.#rgb
    if (rgb.byteLength !== width * height * 3)
      throw new VideoFault('encode', `a picture of ${rgb.byteLength} bytes is not ${width}x${height}x3`)
    this.#rgb.fromBuffer(Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength))
    if (this.#yuv !== undefined) this.#check(this.#yuv.scaler.scaleFrameSync(this.#yuv.frame, this.#rgb))
    const frame = this.#yuv?.frame ?? this.#rgb
    frame.pts = this.#next++
    this.#check(this.#encoder.sendFrameSync(frame))
    this.#check(this.#encoder.receivePacketSync(this.#packet))
    const { data } = this.#packet
    if (data === null) throw new VideoFault('encode', `${this.#format}: the encoder gave no bytes`)
    const bytes = Uint8Array.from(data)
    this.#packet.unref()
    return bytes
  }

  #check(code: number): void {
    if (code < 0) throw new VideoFault('encode', `${this.#format}: ${FFmpegError.strerror(code)}`)
  }
}

/**
 * PNG or JPEG bytes of one RGB picture, the same bytes for the same pixels. Takes about a millisecond for a strip of
 * thumbnails, so it may be called outside workers too. Throws VideoFault `encode`.
 */
export const encodePicture = ({ width, height, rgb }: Picture, format: PictureFormat): Uint8Array =>
  withHandles((handles) => new PictureEncoder(width, height, format, handles).encode(rgb))
