import { rmSync } from 'node:fs'
import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVFMT_FLAG_BITEXACT,
  FF_ENCODER_LIBX264,
} from 'node-av/constants'
import {
  Codec,
  CodecContext,
  FFmpegError,
  FormatContext,
  type Frame,
  Packet,
  Rational,
  type SoftwareScaleContext,
  type Stream,
} from 'node-av/lib'
import { putInPlace, temporaryName } from '../files/index.ts'
import { VideoFault } from './fault.ts'
import { Handles } from './handles.ts'
import type { EncodeSettings } from './model.ts'
import { makeFrame, makeRgbFrame, makeScaler } from './pixels.ts'
import './quiet.ts'
import { matrixOfOrientation } from './orient.ts'

/** Clock of files with a variable frame rate, ticks per second (MPEG's own). */
const FINE_CLOCK = 90000

const check = (code: number, step: string) => {
  if (code < 0) throw new VideoFault('encode', `${step} failed: ${FFmpegError.strerror(code)}`)
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b))

/** One tick in seconds: exactly a frame where the rate is constant (to a thousandth of a frame per second). */
const clockOf = ({ fps, times }: EncodeSettings): Rational => {
  if (times !== undefined) return new Rational(1, FINE_CLOCK)
  const rate = Math.round(fps * 1000)
  const divisor = greatestDivisor(rate, 1000)
  return new Rational(1000 / divisor, rate / divisor)
}

const checkSettings = ({ width, height, fps, rotation = 0, referenceEvery = 4 }: EncodeSettings) => {
  const even = (side: number) => Number.isInteger(side) && side > 0 && side % 2 === 0
  if (!even(width) || !even(height))
    throw new VideoFault(
      'encode',
      `the size ${width}x${height} is not even; h264 in yuv420p needs even sides`,
    )
  if (!(fps > 0 && fps <= 1000)) throw new VideoFault('encode', `${fps} frames per second; use 0-1000`)
  if (![0, 90, 180, 270].includes(rotation))
    throw new VideoFault('encode', `a rotation of ${rotation} degrees; use 0, 90, 180 or 270`)
  if (!Number.isInteger(referenceEvery) || referenceEvery < 1 || referenceEvery > 16)
    throw new VideoFault('encode', `referenceEvery is ${referenceEvery}; use a whole number from 1 to 16`)
}

// Frames of a variable rate are kept in order: reordering would lose the stated length of the last one.
const referenceEveryOf = ({ times, referenceEvery }: EncodeSettings) =>
  times === undefined ? (referenceEvery ?? 4) : 1

const openEncoder = (settings: EncodeSettings, clock: Rational, handles: Handles): CodecContext => {
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264)
  if (codec === null) throw new VideoFault('encode', 'this build of FFmpeg has no libx264')
  const encoder = handles.add(new CodecContext(), (owned) => owned.freeContext())
  encoder.allocContext3(codec)
  encoder.width = settings.width
  encoder.height = settings.height
  encoder.pixelFormat = AV_PIX_FMT_YUV420P
  encoder.colorSpace = AVCOL_SPC_SMPTE170M
  encoder.colorRange = AVCOL_RANGE_MPEG
  encoder.timeBase = clock
  const referenceEvery = referenceEveryOf(settings)
  // A whole number of reference intervals, so that keyframes fall on frames that are references anyway.
  const interval = Math.max(1, Math.round(((settings.keyframeInterval ?? 4) * settings.fps) / referenceEvery))
  encoder.gopSize = interval * referenceEvery
  encoder.maxBFrames = referenceEvery - 1
  // One thread: the same bytes on every machine, and the pool encodes several videos at once anyway.
  encoder.threadCount = 1
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT)
  // Set one by one: open2Sync frees a dictionary that node-av frees again (crash at exit, node-av 6.1.1).
  encoder.setOption('preset', settings.preset ?? 'ultrafast')
  encoder.setOption('crf', String(settings.crf ?? 23))
  encoder.setOption('x264-params', 'b-adapt=0:b-pyramid=none:scenecut=0:open-gop=0')
  check(encoder.open2Sync(codec), 'opening the encoder')
  return encoder
}

/**
 * Writes RGB frames to an h264 mp4 (yuv420p, BT.601). The bytes depend on frames and settings only. The file appears
 * under its name when `finish` succeeds; until then, and after `abort`, there is nothing there.
 * Blocks: use it in a worker.
 */
export class Encoder {
  readonly #handles = new Handles()
  readonly #path: string
  readonly #partial: string
  readonly #settings: EncodeSettings
  readonly #clock: Rational
  readonly #format: FormatContext
  readonly #encoder: CodecContext
  readonly #stream: Stream
  readonly #scaler: SoftwareScaleContext
  readonly #rgb: Frame
  readonly #yuv: Frame
  readonly #packet: Packet
  /** Ticks that each frame inside the encoder is shown; x264 does not hand them through. */
  readonly #lengths = new Map<bigint, bigint>()
  #count = 0

  /** Throws VideoFault `encode` for settings that cannot be and for a place that cannot be written. */
  constructor(path: string, settings: EncodeSettings) {
    checkSettings(settings)
    const partial = temporaryName(path)
    this.#path = path
    this.#partial = partial
    this.#settings = settings
    this.#clock = clockOf(settings)
    try {
      const { width, height } = settings
      this.#encoder = openEncoder(settings, this.#clock, this.#handles)
      this.#format = this.#handles.add(new FormatContext(), (owned) => owned.freeContext())
      check(this.#format.allocOutputContext2(null, 'mp4', `file:${partial}`), 'opening the container')
      this.#format.setFlags(AVFMT_FLAG_BITEXACT)
      this.#stream = this.#format.newStream()
      this.#stream.codecpar.fromContext(this.#encoder)
      this.#stream.timeBase = this.#clock
      if ((settings.rotation ?? 0) !== 0)
        this.#stream.codecpar.addCodedSideData(
          AV_PKT_DATA_DISPLAYMATRIX,
          Buffer.from(matrixOfOrientation({ rotation: settings.rotation ?? 0, mirrored: false })),
        )
      const format = this.#format
      check(format.openOutputSync(), 'creating the file (is its folder there and writable?)')
      this.#handles.add(format, (owned) => owned.closeOutputSync())
      check(format.writeHeaderSync(), 'writing the header')
      this.#scaler = makeScaler(this.#handles)
      this.#rgb = makeRgbFrame(width, height, this.#handles)
      this.#yuv = makeFrame(AV_PIX_FMT_YUV420P, width, height, this.#handles)
      this.#yuv.colorSpace = AVCOL_SPC_SMPTE170M
      this.#yuv.colorRange = AVCOL_RANGE_MPEG
      this.#packet = this.#handles.add(new Packet(), (owned) => owned.free())
      this.#packet.alloc()
    } catch (error) {
      this.abort()
      throw error
    }
  }

  /** Adds one RGB frame `[height, width, 3]`. Throws VideoFault `encode`. */
  add(rgb: Uint8Array): void {
    const { width, height, times, fps } = this.#settings
    if (rgb.byteLength !== width * height * 3)
      throw new VideoFault(
        'encode',
        `frame ${this.#count} has ${rgb.byteLength} bytes, not ${width}x${height}x3`,
      )
    const ticks = (seconds: number) => BigInt(Math.round(seconds * FINE_CLOCK))
    const start = times?.[this.#count]
    if (times !== undefined && start === undefined)
      throw new VideoFault('encode', `frame ${this.#count} has no time: only ${times.length} were passed`)
    // An in-place copy would disturb frames that x264 still looks at.
    check(this.#yuv.makeWritable(), 'frame buffer')
    this.#rgb.fromBuffer(Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength))
    check(this.#scaler.scaleFrameSync(this.#yuv, this.#rgb), 'colour conversion')
    this.#yuv.pts = start === undefined ? BigInt(this.#count) : ticks(start)
    const next = start === undefined ? undefined : (times?.[this.#count + 1] ?? start + 1 / fps)
    this.#lengths.set(this.#yuv.pts, next === undefined ? 1n : ticks(next) - this.#yuv.pts)
    check(this.#encoder.sendFrameSync(this.#yuv), 'encoding')
    this.#count++
    this.#drain()
  }

  /** Completes the file and gives it its name. Throws VideoFault `encode`, also when no frame was added. */
  finish(): void {
    try {
      if (this.#count === 0)
        throw new VideoFault('encode', 'no frames were passed; a video needs at least one')
      check(this.#encoder.sendFrameSync(null), 'encoding')
      this.#drain()
      check(this.#format.writeTrailerSync(), 'writing the index')
      this.#handles.release()
      putInPlace(this.#partial, this.#path)
    } catch (error) {
      this.abort()
      throw error
    }
  }

  /** Gives up: releases everything and removes the partial file. */
  abort(): void {
    this.#handles.release()
    rmSync(this.#partial, { force: true })
  }

  #drain(): void {
    while (this.#encoder.receivePacketSync(this.#packet) >= 0) {
      this.#packet.streamIndex = 0
      // Without the length of the last frame the container's edit list would cut that frame off.
      this.#packet.duration = this.#lengths.get(this.#packet.pts) ?? 1n
      this.#lengths.delete(this.#packet.pts)
      this.#packet.rescaleTs(this.#clock, this.#stream.timeBase)
      check(this.#format.interleavedWriteFrameSync(this.#packet), 'writing')
    }
  }
}
