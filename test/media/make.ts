import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_FRAME_FLAG_INTERLACED,
  AV_FRAME_FLAG_TOP_FIELD_FIRST,
  AV_PIX_FMT_YUV420P,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_SAMPLE_FMT_FLTP,
  AVCOL_RANGE_MPEG,
  AVFMT_FLAG_BITEXACT,
  AVFMT_GLOBALHEADER,
  type AVPixelFormat,
  type FFVideoEncoder,
} from 'node-av/constants'
import {
  Codec,
  CodecContext,
  FFmpegError,
  FormatContext,
  Frame,
  Packet,
  Rational,
  type Stream,
} from 'node-av/lib'
import { type Handles, withHandles } from '../../video/handles.ts'
import { matrixOfOrientation, type Orientation, orient } from '../../video/orient.ts'
import { makeFrame, makeRgbFrame, makeScaler } from '../../video/pixels.ts'
import '../../video/quiet.ts'
import { codedFrame } from './code.ts'

/** A packet on its way from encoder to container; `keep` false leaves it out. */
export interface Passing {
  /** Place in the order of decoding. */
  readonly ordinal: number
  pts: bigint
  dts: bigint
  data: Buffer
  keep: boolean
}

/** One video stream of numbered frames. */
export interface StreamSpec {
  readonly codec: string
  readonly width?: number
  readonly height?: number
  readonly frames?: number
  /** Frames per second; `clock` ticks per second is the encoder's time base where `starts` places the frames. */
  readonly fps?: number
  /** Start of each frame in ticks of 1/90000 s, for a varying rate. */
  readonly starts?: ReadonlyArray<number>
  readonly first?: number
  readonly gop?: number
  readonly bFrames?: number
  readonly pixels?: AVPixelFormat
  readonly interlaced?: boolean
  readonly options?: Readonly<Record<string, string>>
  /** Stores pictures such that a player must bring them into this orientation, and says so in the display matrix. */
  readonly turned?: Orientation
  readonly disposition?: number
  /** Changes packets, times in ticks of the encoder's clock. */
  readonly pass?: (packet: Passing) => void
}

export interface FileSpec {
  /** FFmpeg's name of the container. */
  readonly container: string
  readonly streams: ReadonlyArray<StreamSpec>
  /** Seconds added to all times. */
  readonly offset?: number
  readonly options?: Readonly<Record<string, string>>
  /** Silence (AAC) of some seconds beside the video, by default from 0. */
  readonly sound?: { readonly seconds: number; readonly from?: number }
  /** Another file whose bytes follow, as where recordings were joined. */
  readonly joined?: FileSpec
  /** Changes the bytes of the complete file. */
  readonly after?: (bytes: Buffer) => Uint8Array
}

const check = (code: number, step: string): number => FFmpegError.throwIfError(code, step) ?? code

const openVideo = (spec: StreamSpec, global: boolean, handles: Handles): CodecContext => {
  const codec = Codec.findEncoderByName(spec.codec as FFVideoEncoder)
  if (codec === null) throw new Error(`no encoder ${spec.codec}`)
  const encoder = handles.add(new CodecContext(), (owned) => owned.freeContext())
  encoder.allocContext3(codec)
  encoder.width = spec.width ?? 160
  encoder.height = spec.height ?? 96
  encoder.pixelFormat = spec.pixels ?? AV_PIX_FMT_YUV420P
  encoder.colorRange = AVCOL_RANGE_MPEG
  const fps = spec.fps ?? 25
  encoder.timeBase = spec.starts === undefined ? new Rational(1, fps) : new Rational(1, 90000)
  encoder.framerate = new Rational(fps, 1)
  encoder.gopSize = spec.gop ?? 25
  encoder.maxBFrames = spec.bFrames ?? 0
  encoder.threadCount = 1
  encoder.bitRate = 4_000_000n
  encoder.setFlags(AV_CODEC_FLAG_BITEXACT)
  if (global) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER)
  for (const [name, value] of Object.entries(spec.options ?? {})) encoder.setOption(name, value)
  check(encoder.open2Sync(codec), `opening ${spec.codec}`)
  return encoder
}

/** What moves an encoder's packets into `packets`. */
const takePackets = (
  encoder: CodecContext,
  packets: Array<Passing & { key: boolean }>,
  handles: Handles,
): (() => void) => {
  const packet = handles.add(new Packet(), (owned) => owned.free())
  packet.alloc()
  return () => {
    while (encoder.receivePacketSync(packet) >= 0) {
      packets.push({
        ordinal: packets.length,
        pts: packet.pts,
        dts: packet.dts,
        data: Buffer.from(packet.data!),
        keep: true,
        key: packet.isKeyframe,
      })
      packet.unref()
    }
  }
}

/** Pixels to store of a frame, so that bringing them into `turned` shows its number upright. */
const stored = (
  turned: Orientation | undefined,
  width: number,
  height: number,
  number: number,
): Uint8Array => {
  if (turned === undefined) return codedFrame(width, height, number)
  const [wide, tall] = turned.rotation % 180 === 0 ? [width, height] : [height, width]
  const upright = codedFrame(wide, tall, number)
  // The inverse of "mirror, then turn" is "turn back, then mirror".
  const back = orient(upright, wide, tall, { rotation: (360 - turned.rotation) % 360, mirrored: false })
  return orient(back, width, height, { rotation: 0, mirrored: turned.mirrored })
}

/** All packets of one stream in the order of decoding. */
const encodeStream = (
  spec: StreamSpec,
  encoder: CodecContext,
  handles: Handles,
): ReadonlyArray<Passing & { key: boolean }> => {
  const { width = 160, height = 96, frames = 75, first = 0, starts } = spec
  const rgb = makeRgbFrame(width, height, handles)
  const frame = makeFrame(encoder.pixelFormat, width, height, handles)
  frame.colorRange = AVCOL_RANGE_MPEG
  const scaler = makeScaler(handles)
  const packets: Array<Passing & { key: boolean }> = []
  const drain = takePackets(encoder, packets, handles)
  for (let i = 0; i < frames; i++) {
    rgb.fromBuffer(Buffer.from(stored(spec.turned, width, height, first + i)))
    check(frame.makeWritable(), 'frame')
    frame.clearFlags(AV_FRAME_FLAG_INTERLACED, AV_FRAME_FLAG_TOP_FIELD_FIRST)
    check(scaler.scaleFrameSync(frame, rgb), 'conversion')
    if (spec.interlaced) frame.setFlags(AV_FRAME_FLAG_INTERLACED, AV_FRAME_FLAG_TOP_FIELD_FIRST)
    frame.pts = BigInt(starts?.[i] ?? i)
    check(encoder.sendFrameSync(frame), 'encoding')
    drain()
  }
  encoder.sendFrameSync(null)
  drain()
  for (const passing of packets) spec.pass?.(passing)
  return packets.filter(({ keep }) => keep)
}

/** Packets of silence in AAC. */
const encodeSilence = (
  { seconds, from = 0 }: NonNullable<FileSpec['sound']>,
  global: boolean,
  handles: Handles,
): { readonly encoder: CodecContext; readonly packets: ReadonlyArray<Passing & { key: boolean }> } => {
  const codec = Codec.findEncoderByName('aac' as FFVideoEncoder)
  if (codec === null) throw new Error('no encoder aac')
  const encoder = handles.add(new CodecContext(), (owned) => owned.freeContext())
  encoder.allocContext3(codec)
  encoder.sampleRate = 44100
  encoder.sampleFormat = AV_SAMPLE_FMT_FLTP
  encoder.channelLayout = AV_CHANNEL_LAYOUT_MONO
  encoder.timeBase = new Rational(1, 44100)
  if (global) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER)
  check(encoder.open2Sync(codec), 'opening aac')
  const frame = handles.add(new Frame(), (owned) => owned.free())
  frame.alloc()
  frame.format = AV_SAMPLE_FMT_FLTP
  frame.nbSamples = 1024
  frame.sampleRate = 44100
  frame.channelLayout = AV_CHANNEL_LAYOUT_MONO
  check(frame.getBuffer(), 'sound')
  for (const plane of frame.extendedData ?? []) plane.fill(0)
  const packets: Array<Passing & { key: boolean }> = []
  const drain = takePackets(encoder, packets, handles)
  for (let i = 0; i * 1024 < seconds * 44100; i++) {
    frame.pts = BigInt(Math.round(from * 44100) + i * 1024)
    check(encoder.sendFrameSync(frame), 'sound')
    drain()
  }
  encoder.sendFrameSync(null)
  drain()
  return { encoder, packets }
}

/** Writes a file of numbered frames and returns its path. */
export const makeMedia = (path: string, spec: FileSpec): string => {
  write(path, spec)
  if (spec.joined !== undefined) {
    makeMedia(`${path}.joined`, spec.joined)
    appendFileSync(path, readFileSync(`${path}.joined`))
    rmSync(`${path}.joined`)
  }
  if (spec.after !== undefined) writeFileSync(path, spec.after(readFileSync(path)))
  return path
}

const write = (path: string, spec: FileSpec): void =>
  withHandles((handles) => {
    const format = handles.add(new FormatContext(), (owned) => owned.freeContext())
    check(format.allocOutputContext2(null, spec.container, `file:${path}`), 'container')
    format.setFlags(AVFMT_FLAG_BITEXACT)
    const global = ((format.oformat?.flags ?? 0) & AVFMT_GLOBALHEADER) !== 0
    const tracks = spec.streams.map((one) => {
      const encoder = openVideo(one, global, handles)
      const stream: Stream = format.newStream()
      stream.codecpar.fromContext(encoder)
      stream.timeBase = encoder.timeBase
      stream.avgFrameRate = encoder.framerate
      if (one.disposition !== undefined) stream.disposition = one.disposition as never
      if (one.turned !== undefined)
        stream.codecpar.addCodedSideData(
          AV_PKT_DATA_DISPLAYMATRIX,
          Buffer.from(matrixOfOrientation(one.turned)),
        )
      return { stream, clock: encoder.timeBase, packets: encodeStream(one, encoder, handles) }
    })
    if (spec.sound !== undefined) {
      const { encoder, packets } = encodeSilence(spec.sound, global, handles)
      const stream = format.newStream()
      stream.codecpar.fromContext(encoder)
      stream.timeBase = encoder.timeBase
      tracks.push({ stream, clock: encoder.timeBase, packets })
    }
    check(format.openOutputSync(), 'creating the file')
    handles.add(format, (owned) => owned.closeOutputSync())
    for (const [name, value] of Object.entries(spec.options ?? {})) check(format.setOption(name, value), name)
    check(format.writeHeaderSync(), 'header')
    const packet = handles.add(new Packet(), (owned) => owned.free())
    packet.alloc()
    const all = tracks
      .flatMap(({ stream, clock, packets }) => packets.map((passing) => ({ stream, clock, passing })))
      .sort((a, b) => Number(a.passing.dts) / a.clock.den - Number(b.passing.dts) / b.clock.den)
    for (const { stream, clock, passing } of all) {
      const shift = BigInt(Math.round((spec.offset ?? 0) * clock.den))
      packet.data = passing.data
      packet.pts = passing.pts + shift
      packet.dts = passing.dts + shift
      packet.isKeyframe = passing.key
      packet.streamIndex = stream.index
      packet.duration = 0n
      packet.rescaleTs(clock, stream.timeBase)
      check(format.interleavedWriteFrameSync(packet), 'writing')
    }
    check(format.writeTrailerSync(), 'trailer')
  })
