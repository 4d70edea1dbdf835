import { createHash } from 'node:crypto'
import { type Window, Windows } from '../core/index.ts'
import type { Clip, Picture } from './model.ts'

/** Bytes of one frame. */
export const frameSize = (clip: Pick<Clip, 'width' | 'height'>): number => clip.width * clip.height * 3

/** RGB of frame `place` (0 to N - 1), a view into the clip. */
export const frameOf = (clip: Clip, place: number): Uint8Array => {
  if (!Number.isInteger(place) || place < 0 || place >= clip.times.length)
    throw new RangeError(`frame ${place} of a clip of ${clip.times.length}`)
  if (clip.rgb.length === 0) throw new RangeError('the clip was read without its pixels')
  const size = frameSize(clip)
  return clip.rgb.subarray(place * size, (place + 1) * size)
}

/** A new clip of the frames for which `keep(time in seconds, place)` holds; it may be left without frames. */
export const selectFrames = (clip: Clip, keep: (time: number, place: number) => boolean): Clip => {
  const places = Array.from(clip.times.keys()).filter((place) => keep(clip.times[place]!, place))
  const taken = takeFrames(clip, places)
  if (places.length < clip.times.length) return taken
  const { partial: _, ...all } = taken
  return clip.partial === undefined ? all : { ...all, partial: clip.partial }
}

/** A new clip of the frames at these places, in this order; a place may occur several times. */
export const takeFrames = (clip: Clip, places: ReadonlyArray<number>): Clip => {
  const size = clip.rgb.length === 0 ? 0 : frameSize(clip)
  const rgb = new Uint8Array(places.length * size)
  if (size > 0) for (const [i, place] of places.entries()) rgb.set(frameOf(clip, place), i * size)
  return {
    ...clip,
    rgb,
    ...(clip.encoded === undefined ? {} : { encoded: places.map((place) => clip.encoded![place]!) }),
    partial: true,
    times: Float64Array.from(places, (place) => clip.times[place]!),
    blank: Uint8Array.from(places, (place) => clip.blank[place]!),
    indices: Int32Array.from(places, (place) => clip.indices[place]!),
  }
}

/**
 * A new clip whose pictures stand in another order, while times and indices of the grid stay: place `i` shows what
 * `order[i]` showed.
 */
export const permuteFrames = (clip: Clip, order: ReadonlyArray<number>): Clip => {
  const { times, indices } = clip
  return { ...takeFrames(clip, order), times, indices }
}

/**
 * A new clip that shows only the frames whose time lies in one of the `visible` windows (ends included).
 * `blank` paints the others black and marks them, so the grid of times stays; `drop` leaves them out. Of a clip
 * without pixels the marks are all there is to set.
 */
export const maskClip = (clip: Clip, visible: ReadonlyArray<Window>, mode: 'blank' | 'drop'): Clip => {
  if (mode === 'drop') return selectFrames(clip, (time) => Windows.covers(visible, time))
  const rgb = clip.rgb.slice()
  const blank = clip.blank.slice()
  const size = frameSize(clip)
  let partial = clip.partial === true
  clip.times.forEach((time, place) => {
    if (Windows.covers(visible, time)) return
    rgb.fill(0, place * size, (place + 1) * size)
    blank[place] = 1
    partial = true
  })
  return { ...clip, rgb, blank, ...(partial ? { partial } : {}) }
}

const digests = new WeakMap<Clip, string>()

/**
 * SHA-256 (hexadecimal) of what a model sees of a clip: size, pixels, times, masks and sampling rate, but not the
 * file's name. Equal digests may share cached results. Computed once per clip object, which must not change.
 */
export const clipDigest = (clip: Clip): string => {
  const known = digests.get(clip)
  if (known !== undefined) return known
  const hash = createHash('sha256').update(
    `clip 1 ${clip.width}x${clip.height}x${clip.times.length} ${clip.fps}${clip.info.still === true ? ' image' : ''}\n`,
  )
  if (clip.rgb.length === 0 && clip.encoded === undefined) hash.update(clip.info.path)
  for (const part of [clip.times, clip.blank, clip.rgb, ...(clip.encoded ?? [])])
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
  const digest = hash.digest('hex')
  digests.set(clip, digest)
  return digest
}

/** Joins frames of a clip from left to right into one picture, `gap` white pixels between them. */
export const strip = (
  clip: Clip,
  places: ReadonlyArray<number> = Array.from(clip.times.keys()),
  gap = 2,
): Picture => {
  if (places.length === 0) throw new RangeError('a strip needs at least one frame')
  const width = places.length * clip.width + (places.length - 1) * gap
  const rgb = new Uint8Array(width * clip.height * 3).fill(255)
  places.forEach((place, i) => {
    const frame = frameOf(clip, place)
    const left = i * (clip.width + gap)
    for (let y = 0; y < clip.height; y++)
      rgb.set(frame.subarray(y * clip.width * 3, (y + 1) * clip.width * 3), (y * width + left) * 3)
  })
  return { width, height: clip.height, rgb }
}
