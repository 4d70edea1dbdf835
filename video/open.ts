import { closeSync, openSync, readSync, statSync } from 'node:fs'
import {
  AV_CODEC_ID_BMP,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_WEBP,
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_DEFAULT,
  AV_DISPOSITION_TIMED_THUMBNAILS,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  FF_DECODER_LIBVPX_VP8,
} from 'node-av/constants'
import { Codec, FFmpegError, FormatContext, type Stream } from 'node-av/lib'
import { hasImageSuffix } from '../core/index.ts'
import { VideoFault } from './fault.ts'
import type { Handles } from './handles.ts'
import './quiet.ts'

/** A container and the one stream of it that is its video. */
export interface Opened {
  readonly format: FormatContext
  readonly stream: Stream
}

/** Refuses a path that holds no bytes. Returns the file's size in bytes. */
export const checkFile = (path: string): number => {
  const kind = hasImageSuffix(path) ? 'image' : 'video'
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined)
    throw new VideoFault('missing', `the ${kind} file is missing; check the path or the videos folder`)
  if (!stat.isFile())
    throw new VideoFault('unreadable', `not a file; use ${kind === 'image' ? 'an' : 'a'} ${kind} file`)
  if (stat.size === 0) throw new VideoFault('empty', `the ${kind} file is empty (0 bytes); copy it again`)
  return stat.size
}

/** Whether FFmpeg reads the file as a single picture. A file named as a stream of JPEGs may hold one, and a GIF any number. */
const holdsPicture = (path: string, format: FormatContext): boolean =>
  /^(image2|(?!gif).*_pipe)$/.test(format.iformat?.name ?? '') && !/\.mjpe?g$/i.test(path)

/** Whether the file starts as an mp4 does, which tells a cut mp4 from something else. */
const startsAsMp4 = (path: string): boolean => {
  const head = Buffer.alloc(8)
  const file = openSync(path, 'r')
  try {
    return readSync(file, head, 0, 8, 0) === 8 && head.toString('latin1', 4, 8) === 'ftyp'
  } finally {
    closeSync(file)
  }
}

/** A container opened at its start; `handles` close it. Throws VideoFault for what is none. */
export const openFormat = (path: string, handles: Handles): FormatContext => {
  const format = handles.add(new FormatContext(), (context) => context.closeInputSync())
  format.allocContext()
  // A playlist renamed to .mp4 must not make us read other files or the network.
  format.setOption('protocol_whitelist', 'file')
  const code = format.openInputSync(`file:${path}`)
  if (code >= 0) return format
  if (startsAsMp4(path))
    throw new VideoFault('truncated', 'the file is cut off: its index (moov) is missing; copy it again')
  throw new VideoFault('unreadable', `not a video file (${FFmpegError.strerror(code)}); check the file`)
}

const has = (stream: Stream, disposition: number) => (stream.disposition & disposition) !== 0

/** The streams that may be the video: covers and thumbnails are pictures beside it. */
const videosOf = (format: FormatContext): ReadonlyArray<Stream> =>
  format.streams.filter(
    (stream) =>
      stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO &&
      !has(stream, AV_DISPOSITION_ATTACHED_PIC) &&
      !has(stream, AV_DISPOSITION_TIMED_THUMBNAILS),
  )

const area = ({ codecpar: { width, height } }: Stream) => width * height

/** Codecs of covers that their container does not mark as such; as video they count where there is no other. */
const pictures = new Set<number>([AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG, AV_CODEC_ID_BMP, AV_CODEC_ID_WEBP])

const rank = (stream: Stream) =>
  (pictures.has(stream.codecpar.codecId) ? 0 : 2) + (has(stream, AV_DISPOSITION_DEFAULT) ? 1 : 0)

/** The stream that players show: one marked as default before others, then the largest, then the first. */
const chosen = (streams: ReadonlyArray<Stream>): Stream | undefined =>
  streams.toSorted((a, b) => rank(b) - rank(a) || area(b) - area(a))[0]

/** Opens a file at its start. Only packets of its video are read, and of its sound where `sound` is set. */
export const openVideo = (path: string, handles: Handles, sound = false): Opened => {
  const format = openFormat(path, handles)
  if (holdsPicture(path, format))
    throw new VideoFault(
      'unreadable',
      'it holds an image, not a video; name the right file, or give it the extension of an image',
    )
  // An mp4's header mostly says all that decoding needs; guessing from the first frames costs a millisecond.
  const headerSuffices =
    format.iformat?.name?.includes('mp4') === true && videosOf(format).every((stream) => area(stream) > 0)
  if (!headerSuffices) format.findStreamInfoSync()
  const stream = chosen(videosOf(format))
  if (stream === undefined)
    throw new VideoFault('no-video-stream', 'the file has no video stream; check that it is the right file')
  for (const other of format.streams)
    if (other.index !== stream.index && !(sound && other.codecpar.codecType === AVMEDIA_TYPE_AUDIO))
      other.discard = AVDISCARD_ALL
  return { format, stream }
}

/** The decoder for a stream. */
export const decoderOf = ({ stream }: Opened): Codec => {
  // FFmpeg's own VP8 decoder passes over partitions that end too early, and shows older pictures there.
  const careful =
    stream.codecpar.codecId === AV_CODEC_ID_VP8 ? Codec.findDecoderByName(FF_DECODER_LIBVPX_VP8) : null
  const codec = careful ?? Codec.findDecoder(stream.codecpar.codecId)
  if (codec === null)
    throw new VideoFault('unreadable', 'no decoder for its video codec; convert the file to h264')
  return codec
}
