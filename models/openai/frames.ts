import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { oneDecimal } from '../../core/index.ts'
import { type Clip, encodePicture } from '../../video/index.ts'
import { markersOf } from './markers.ts'
import type { VideoFacts } from './presets.ts'
import type { SentClip } from './request.ts'

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

const imagePart = (picture: string): string =>
  `{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,${picture}"}}`

const textPart = (text: string): string => `{"type":"text","text":${JSON.stringify(text)}}`

const videoPart = (url: string): string => `{"type":"video_url","video_url":{"url":${JSON.stringify(url)}}}`

const blanks = new Map<string, Uint8Array>()

/** A black JPEG. */
const blankPicture = (width: number, height: number, quality: number): Uint8Array => {
  const key = `${width}x${height} ${quality}`
  const known = blanks.get(key)
  if (known !== undefined) return known
  const rgb = new Uint8Array(width * height * 3)
  const made = encodePicture({ width, height, rgb }, { format: 'jpeg', quality })
  blanks.set(key, made)
  return made
}

/** JPEGs of one size. */
export interface Pictures {
  readonly width: number
  readonly height: number
  readonly jpegs: ReadonlyArray<Uint8Array>
}

type Timed = Pick<Clip, 'times'> & { readonly blank?: Uint8Array }

/** The images of a clip as shown: masked frames black, all of one size. */
const shown = (
  { blank }: Timed,
  { width, height, jpegs }: Pictures,
  quality: number,
): ReadonlyArray<Uint8Array> =>
  jpegs.map((jpeg, place) => (blank?.[place] === 1 ? blankPicture(width, height, quality) : jpeg))

/** Each frame after its time: `<12.0 seconds>`, picture, `<12.5 seconds>`, picture. */
export const asFrames = (clip: Timed, pictures: Pictures, quality: number): SentClip => ({
  parts: shown(clip, pictures, quality)
    .map(
      (picture, place) =>
        `${textPart(`<${oneDecimal(clip.times[place]!)} seconds>`)},${imagePart(base64(picture))}`,
    )
    .join(','),
  facts: null,
})

/** An image, without a time. */
export const asImage = (clip: Timed, pictures: Pictures, quality: number): SentClip => ({
  parts: shown(clip, pictures, quality)
    .map((picture) => imagePart(base64(picture)))
    .join(','),
  facts: null,
})

type Sourced = Pick<Clip, 'fps' | 'info'>

const factsOf = (clip: Timed & Sourced, mode: 'video' | 'file'): VideoFacts => ({
  mode,
  frames: clip.times.length,
  markers: markersOf(clip.times, clip.fps),
  duration: clip.info.duration,
})

/** All frames as one video of JPEGs, with their times as frame numbers. */
export const asVideo = (clip: Timed & Sourced, pictures: Pictures, quality: number): SentClip => ({
  parts: videoPart(`data:video/jpeg;base64,${shown(clip, pictures, quality).map(base64).join(',')}`),
  facts: factsOf(clip, 'video'),
})

/** Where servers find files: `from` is a local folder, `to` its URL for servers. */
export interface Mapping {
  readonly from: string
  readonly to: string
}

/** Where a server finds a file: below the mapping's URL, or by its own `file://` URL or path. */
export const fileUrl = (path: string, mapping: Mapping | null, own: 'url' | 'path' = 'url'): string => {
  const url = pathToFileURL(path).href
  const from = mapping === null ? null : `${pathToFileURL(mapping.from).href.replace(/\/$/, '')}/`
  if (mapping !== null && from !== null && url.startsWith(from))
    return `${mapping.to.replace(/\/$/, '')}/${url.slice(from.length)}`
  return own === 'url' ? url : resolve(path)
}

/** The file itself. */
export const asFile = (
  clip: Timed & Sourced,
  mapping: Mapping | null,
  own: 'url' | 'path' = 'url',
): SentClip => ({
  parts: videoPart(fileUrl(clip.info.path, mapping, own)),
  facts: factsOf(clip, 'file'),
})
