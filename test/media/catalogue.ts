import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_DEFAULT,
  AV_PIX_FMT_RGB8,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV422P10LE,
  AV_PIX_FMT_YUVJ420P,
} from 'node-av/constants'
import type { FileSpec, StreamSpec } from './make.ts'

/** A file, and what must be read of it. */
export interface Medium extends FileSpec {
  /** Suffix; the container's name by default. */
  readonly suffix?: string
  /** Numbers shown, in order; by default all from 0. */
  readonly numbers?: ReadonlyArray<number>
  /** Start of each frame in seconds; by default evenly from 0. */
  readonly times?: ReadonlyArray<number>
  /** Seconds by which times may be off: the rounding of the container's clock. */
  readonly tolerance?: number
}

const FRAMES = 40
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const h264: StreamSpec = {
  codec: 'libx264',
  frames: FRAMES,
  gop: 12,
  bFrames: 2,
  options: { preset: 'ultrafast', 'x264-params': 'b-adapt=0:scenecut=0' },
}
const mpeg4: StreamSpec = { codec: 'mpeg4', frames: FRAMES, gop: 12 }
const mpeg2: StreamSpec = { codec: 'mpeg2video', frames: FRAMES, gop: 12, bFrames: 2 }
const mjpeg: StreamSpec = { codec: 'mjpeg', frames: FRAMES, pixels: AV_PIX_FMT_YUVJ420P }
const hevc: StreamSpec = {
  codec: 'libx265',
  frames: FRAMES,
  gop: 12,
  options: { preset: 'ultrafast', 'x265-params': 'log-level=none:pools=1:bframes=2:b-adapt=0:open-gop=1' },
}
const vp8: StreamSpec = { codec: 'libvpx', frames: FRAMES, gop: 12, options: { deadline: 'realtime' } }
const vp9: StreamSpec = { codec: 'libvpx-vp9', frames: FRAMES, gop: 12, options: { deadline: 'realtime' } }
const one = (container: string, stream: StreamSpec, more: Partial<Medium> = {}): Medium => ({
  container,
  streams: [stream],
  ...more,
})
const fragmented = { movflags: 'frag_keyframe+empty_moov' }
const woven = { flags: '+ildct+ilme' }

/** Every container in which one video, or its sound beside it, must have one time line. */
const containers: Readonly<Record<string, Partial<Medium> & { readonly container: string }>> = {
  mp4: { container: 'mp4' },
  fragments: { container: 'mp4', options: fragmented },
  mov: { container: 'mov' },
  mkv: { container: 'matroska' },
  ts: { container: 'mpegts' },
}
const everywhere = (name: string, of: Partial<Medium>): Readonly<Record<string, Medium>> =>
  Object.fromEntries(
    Object.entries(containers).map(([suffix, container]) => [
      `${name} ${suffix}`,
      { streams: [h264], tolerance: 1e-3, ...container, ...of },
    ]),
  )

/** Seconds at 25, 5 and 50 frames per second, and the same in ticks. */
const varying = range(0, 30).map((i) => (i < 10 ? i / 25 : i < 20 ? 0.4 + (i - 10) / 5 : 2.4 + (i - 20) / 50))
const ticks = varying.map((time) => Math.round(time * 90000))

/** Codecs and containers as they come. */
export const plain: Readonly<Record<string, Medium>> = {
  ...everywhere('plain', {}),
  'h264 flv': one('flv', h264, { tolerance: 1e-3 }),
  'h264 avi with B-frames': one('avi', h264),
  'h264 m2ts': one('mpegts', h264, { suffix: 'm2ts', options: { mpegts_m2ts_mode: '1' } }),
  'open groups of pictures mkv': one(
    'matroska',
    { ...h264, options: { preset: 'ultrafast', 'x264-params': 'b-adapt=0:scenecut=0:open-gop=1' } },
    { tolerance: 1e-3 },
  ),
  'intra refresh mp4': one('mp4', {
    ...h264,
    bFrames: 0,
    options: { preset: 'ultrafast', 'x264-params': 'intra-refresh=1:scenecut=0' },
  }),
  'hevc mp4': one('mp4', hevc),
  'hevc ts': one('mpegts', hevc),
  'mpeg4 mp4': one('mp4', mpeg4),
  'mpeg4 mp4 with B-frames': one('mp4', { ...mpeg4, bFrames: 2 }),
  'mpeg4 avi': one('avi', mpeg4),
  'mpeg4 avi with B-frames': one('avi', { ...mpeg4, bFrames: 2 }),
  'h263 3gp': one('3gp', { codec: 'h263', width: 176, height: 144, frames: FRAMES, gop: 12 }),
  'mpeg2 mpg': one('mpeg', mpeg2, { suffix: 'mpg' }),
  'mpeg2 vob': one('vob', mpeg2),
  'mpeg2 ts': one('mpegts', mpeg2),
  'mpeg1 mpg': one('mpeg', { ...mpeg2, codec: 'mpeg1video' }, { suffix: 'mpg' }),
  'vp8 webm': one('webm', vp8, { tolerance: 1e-3 }),
  'vp8 webm with hidden references': one(
    'webm',
    {
      ...vp8,
      gop: 30,
      options: { 'auto-alt-ref': '1', 'lag-in-frames': '16', deadline: 'good', 'cpu-used': '5' },
    },
    { tolerance: 1e-3 },
  ),
  'vp9 webm': one('webm', vp9, { tolerance: 1e-3 }),
  'vp9 mp4 with hidden references': one('mp4', {
    ...vp9,
    gop: 30,
    options: { 'auto-alt-ref': '1', 'lag-in-frames': '16', deadline: 'good', 'cpu-used': '8' },
  }),
  'mjpeg avi': one('avi', mjpeg),
  'mjpeg mov': one('mov', mjpeg),
  'wmv2 asf': one('asf', { codec: 'wmv2', frames: FRAMES, gop: 12 }, { suffix: 'wmv', tolerance: 1e-3 }),
  'flv1 flv': one('flv', { codec: 'flv', frames: FRAMES, gop: 12 }, { tolerance: 1e-3 }),
  'theora ogg': one('ogg', { codec: 'libtheora', frames: FRAMES, gop: 12 }, { suffix: 'ogv' }),
  'prores mov': one('mov', { codec: 'prores_ks', frames: 20, pixels: AV_PIX_FMT_YUV422P10LE }),
  'animation mov': one('mov', { codec: 'qtrle', frames: 20, pixels: AV_PIX_FMT_RGB24 }),
  'ffv1 mkv': one('matroska', { codec: 'ffv1', frames: 20 }, { tolerance: 1e-3 }),
  'raw nut': one('nut', { codec: 'rawvideo', frames: 20 }),
  'gif gif': one('gif', { codec: 'gif', frames: 20, pixels: AV_PIX_FMT_RGB8 }),
}

/** Times that players put in order. */
export const timed: Readonly<Record<string, Medium>> = {
  ...everywhere('10 s late', { offset: 10 }),
  ...everywhere('0.7 s late beside sound as late', { offset: 0.7, sound: { seconds: 1.5 } }),
  ...everywhere('behind the run-up of its sound', { sound: { seconds: 1.5 } }),
  'after a second of sound mp4': one(
    'mp4',
    { ...h264, pass: (packet) => void delay(packet, 25n) },
    {
      sound: { seconds: 2 },
      times: range(0, FRAMES).map((i) => 1 + i / 25),
    },
  ),
  'after a second of sound mkv': one(
    'matroska',
    { ...h264, pass: (packet) => void delay(packet, 25n) },
    {
      sound: { seconds: 2 },
      times: range(0, FRAMES).map((i) => 1 + i / 25),
      tolerance: 0.03,
    },
  ),
  'varying rate mp4': one('mp4', { ...h264, frames: 30, starts: ticks, bFrames: 0 }, { times: varying }),
  'varying rate mkv': one(
    'matroska',
    { ...h264, frames: 30, starts: ticks },
    { times: varying, tolerance: 1e-3 },
  ),
  'varying rate ts': one('mpegts', { ...h264, frames: 30, starts: ticks, bFrames: 0 }, { times: varying }),
  '2000 frames per second mkv': one(
    'matroska',
    { ...h264, bFrames: 0, fps: 2000 },
    {
      times: range(0, FRAMES).map((i) => i / 2000),
      tolerance: 1e-3,
    },
  ),
  'null chunks avi': one(
    'avi',
    { ...mjpeg, pass: (packet) => void leaveOut(packet, 10, 20) },
    {
      numbers: [...range(0, 10), ...range(20, FRAMES)],
      times: [...range(0, 10), ...range(20, FRAMES)].map((i) => i / 25),
    },
  ),
  'null chunks between keyframes avi': one(
    'avi',
    { ...mpeg4, gop: 1, pass: (packet) => void leaveOut(packet, 3, 9) },
    {
      numbers: [...range(0, 3), ...range(9, FRAMES)],
      times: [...range(0, 3), ...range(9, FRAMES)].map((i) => i / 25),
    },
  ),
  'starting later by its edit list mp4': one(
    'mp4',
    { ...h264, pass: (packet) => void delay(packet, -15n) },
    {
      numbers: range(15, FRAMES),
      times: range(0, FRAMES - 15).map((i) => i / 25),
    },
  ),
  'starting later by its edit list mov': one(
    'mov',
    { ...mpeg4, pass: (packet) => void delay(packet, -6n) },
    {
      numbers: range(6, FRAMES),
      times: range(0, FRAMES - 6).map((i) => i / 25),
    },
  ),
  'joined recordings ts': one('mpegts', mpeg2, {
    joined: one('mpegts', { ...mpeg2, first: FRAMES }),
    numbers: range(0, 2 * FRAMES),
    tolerance: 0.081,
  }),
  'joined recordings mpg': one(
    'mpeg',
    { ...mpeg2, bFrames: 0 },
    {
      suffix: 'mpg',
      joined: one('mpeg', { ...mpeg2, bFrames: 0, first: FRAMES }),
      numbers: range(0, 2 * FRAMES),
      tolerance: 0.081,
    },
  ),
}

/** Pictures that want care. */
export const pictured: Readonly<Record<string, Medium>> = {
  'interlaced h264 mp4': one('mp4', { ...h264, interlaced: true, options: { ...h264.options, ...woven } }),
  'interlaced mpeg2 mpg': one('mpeg', { ...mpeg2, interlaced: true, options: woven }, { suffix: 'mpg' }),
  'interlaced dv': one('dv', { codec: 'dvvideo', width: 720, height: 576, frames: 4 }),
  'a cover before the video mkv': {
    container: 'matroska',
    tolerance: 1e-3,
    streams: [
      { ...mjpeg, frames: 1, first: 700, width: 640, height: 480, disposition: AV_DISPOSITION_ATTACHED_PIC },
      { ...h264, disposition: AV_DISPOSITION_DEFAULT },
    ],
  },
  'a cover before the video mp4': {
    container: 'mp4',
    streams: [
      h264,
      { ...mjpeg, frames: 1, first: 700, width: 640, height: 480, disposition: AV_DISPOSITION_ATTACHED_PIC },
    ],
  },
  'a large picture beside the video mkv, neither marked': {
    container: 'matroska',
    tolerance: 1e-3,
    streams: [{ ...mjpeg, frames: 1, first: 700, width: 640, height: 480 }, h264],
  },
  'a small stream before the default one mp4': {
    container: 'mp4',
    streams: [
      { ...h264, first: 500, width: 80, height: 48, disposition: 0 },
      { ...h264, disposition: AV_DISPOSITION_DEFAULT },
    ],
  },
  'a small stream before a large one ts': {
    container: 'mpegts',
    streams: [{ ...h264, first: 500, width: 80, height: 48 }, h264],
  },
  ...Object.fromEntries(
    [0, 90, 180, 270].flatMap((rotation) =>
      [false, true].map((mirrored) => [
        `turned by ${rotation}${mirrored ? ', mirrored' : ''} mp4`,
        one('mp4', { ...h264, frames: 12, turned: { rotation, mirrored } }),
      ]),
    ),
  ),
}

function delay(packet: { pts: bigint; dts: bigint }, ticksLater: bigint) {
  packet.pts += ticksLater
  packet.dts += ticksLater
}

function leaveOut(packet: { ordinal: number; keep: boolean }, from: number, to: number) {
  packet.keep = packet.ordinal < from || packet.ordinal >= to
}
