import { readFileSync } from 'node:fs'
import {
  AV_CODEC_ID_BMP,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_CODEC_ID_WEBP,
  AV_FRAME_DATA_DISPLAYMATRIX,
  AV_PIX_FMT_RGBA,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_RGB,
  type AVCodecID,
  AVERROR_EAGAIN,
} from 'node-av/constants'
import { Codec, CodecContext, FFmpegError, Frame, Packet } from 'node-av/lib'
import { VideoFault } from './fault.ts'
import type { Handles } from './handles.ts'
import { hasScan } from './jpeg.ts'
import type { VideoInfo } from './model.ts'
import { checkFile } from './open.ts'
import { orient, orientationOfMatrix } from './orient.ts'
import { makeFrame, makeScaler } from './pixels.ts'
import './quiet.ts'
import type { Timeline } from './timeline.ts'

/** An image file, decoded: a time line of one frame. */
export interface OpenStill extends Timeline {
  readonly info: VideoInfo
  /** RGB `[height, width, 3]`, upright, transparent parts on white. */
  readonly rgb: () => Uint8Array
}

/** Most bytes of an image file, and most pixels of an image: more are a mistake or an attack. */
const mostBytes = 256 * 2 ** 20
const mostPixels = 2 ** 27

/** The codec of an image by its first bytes; null for anything else, whatever its name. */
const codecOf = (bytes: Buffer): AVCodecID | null => {
  const starts = (text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text
  if (starts('\x89PNG\r\n\x1a\n')) return AV_CODEC_ID_PNG
  if (starts('\xff\xd8\xff')) return AV_CODEC_ID_MJPEG
  if (starts('RIFF') && starts('WEBP', 8)) return AV_CODEC_ID_WEBP
  return starts('BM') ? AV_CODEC_ID_BMP : null
}

/** Decodes a file's one picture; of an animation the first. FFmpeg is told to refuse what it would otherwise guess. */
const decode = (bytes: Buffer, codec: Codec, handles: Handles): Frame => {
  const decoder = handles.add(new CodecContext(), (owned) => owned.freeContext())
  decoder.allocContext3(codec)
  decoder.threadCount = 1
  decoder.setOption('err_detect', 'crccheck+bitstream+buffer+explode')
  decoder.setOption('max_pixels', String(mostPixels))
  const packet = handles.add(new Packet(), (owned) => owned.free())
  packet.alloc()
  packet.data = bytes
  const frame = handles.add(new Frame(), (owned) => owned.free())
  frame.alloc()
  FFmpegError.throwIfError(decoder.open2Sync(codec))
  FFmpegError.throwIfError(decoder.sendPacketSync(packet))
  let code = decoder.receiveFrameSync(frame)
  if (code === AVERROR_EAGAIN) {
    decoder.sendPacketSync(null)
    code = decoder.receiveFrameSync(frame)
  }
  FFmpegError.throwIfError(code)
  return frame
}

/** Packed RGB of a frame; what is transparent lies on white, as in the processors that models are trained with. */
const onWhite = (frame: Frame, handles: Handles): Uint8Array => {
  const target = makeFrame(AV_PIX_FMT_RGBA, frame.width, frame.height, handles)
  target.colorSpace = AVCOL_SPC_RGB
  target.colorRange = AVCOL_RANGE_JPEG
  FFmpegError.throwIfError(makeScaler(handles).scaleFrameSync(target, frame))
  const rgba = target.toBuffer()
  const rgb = new Uint8Array(frame.width * frame.height * 3)
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!
    for (let channel = 0; channel < 3; channel++)
      rgb[to + channel] = Math.round((rgba[from + channel]! * alpha + 255 * (255 - alpha)) / 255)
  }
  return rgb
}

/**
 * Opens an image file (PNG, JPEG, WebP, BMP) and decodes it, turned as its EXIF orientation says; the caller's `handles`
 * free it. Throws VideoFault for a file that is missing, empty, damaged, or no image.
 */
export const openStill = (path: string, handles: Handles): OpenStill => {
  const size = checkFile(path)
  if (size > mostBytes)
    throw new VideoFault(
      'unreadable',
      `an image of ${size} bytes, at most ${mostBytes} are read; check the file`,
    )
  const bytes = readFileSync(path)
  const id = codecOf(bytes)
  const codec = id === null ? null : Codec.findDecoder(id)
  if (id === null || codec === null)
    throw new VideoFault('unreadable', 'not a PNG, JPEG, WebP or BMP image, as its name says; check the file')
  const attempt = <A>(run: () => A): A => {
    try {
      return run()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new VideoFault('damaged', `the image cannot be decoded (${why}); copy or convert it again`)
    }
  }
  if (id === AV_CODEC_ID_MJPEG && !hasScan(bytes))
    throw new VideoFault('damaged', 'the image has no picture data; copy it again')
  const frame = attempt(() => decode(bytes, codec, handles))
  const matrix = frame.getSideData(AV_FRAME_DATA_DISPLAYMATRIX)
  const orientation = orientationOfMatrix(matrix ?? new Uint8Array(0))
  const { rotation, mirrored } = orientation
  const { width, height } = frame
  const upright = rotation % 180 === 0
  return {
    ...{ times: Float64Array.of(0), end: 1, variableFrameRate: false },
    rgb: () =>
      orient(
        attempt(() => onWhite(frame, handles)),
        width,
        height,
        orientation,
      ),
    info: {
      ...{ path, still: true, duration: 1, fps: 1 },
      width: upright ? width : height,
      height: upright ? height : width,
      rotation,
      ...(mirrored ? { mirrored } : {}),
      ...{ frames: 1, variableFrameRate: false, codec: codec.name ?? 'unknown' },
    },
  }
}
