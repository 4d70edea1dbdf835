import {
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_SMPTE170M,
  FF_ENCODER_MJPEG,
  FF_ENCODER_PNG,
} from 'node-av/constants'
import { Codec, CodecContext, FFmpegError, Packet, Rational } from 'node-av/lib'
import { VideoFault } from './fault.ts'
import { withHandles } from './handles.ts'
import type { Picture, PictureFormat } from './model.ts'
import { makeFrame, makeRgbFrame, makeScaler } from './pixels.ts'
import './quiet.ts'

/** JPEG quality 1-100 as FFmpeg's quantiser scale 31-2. */
const quantiser = (quality: number) => Math.round(2 + ((100 - Math.min(100, Math.max(1, quality))) * 29) / 99)

/** FFmpeg's unit of `global_quality`. */
const QP_TO_LAMBDA = 118

/**
 * PNG or JPEG bytes of one RGB picture, the same bytes for the same pixels. Takes about a millisecond for a strip of
 * thumbnails, so it may be called outside workers too. Throws VideoFault `encode`.
 */
export const encodePicture = (picture: Picture, { format, quality = 85 }: PictureFormat): Uint8Array =>
  withHandles((handles) => {
    const { width, height, rgb } = picture
    if (!(width > 0 && height > 0) || rgb.byteLength !== width * height * 3)
      throw new VideoFault('encode', `a picture of ${rgb.byteLength} bytes is not ${width}x${height}x3`)
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
    const check = (code: number) => {
      if (code < 0) throw new VideoFault('encode', `${format}: ${FFmpegError.strerror(code)}`)
    }
    check(encoder.open2Sync(codec))
    const source = makeRgbFrame(width, height, handles)
    source.fromBuffer(Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength))
    let frame = source
    if (format === 'jpeg') {
      frame = makeFrame(AV_PIX_FMT_YUVJ420P, width, height, handles)
      frame.colorSpace = AVCOL_SPC_SMPTE170M
      frame.colorRange = AVCOL_RANGE_JPEG
      check(makeScaler(handles).scaleFrameSync(frame, source))
      frame.quality = quantiser(quality) * QP_TO_LAMBDA
    }
    frame.pts = 0n
    const packet = handles.add(new Packet(), (owned) => owned.free())
    packet.alloc()
    check(encoder.sendFrameSync(frame))
    check(encoder.sendFrameSync(null))
    check(encoder.receivePacketSync(packet))
    if (packet.data === null) throw new VideoFault('encode', `${format}: the encoder gave no bytes`)
    return Uint8Array.from(packet.data)
  })
