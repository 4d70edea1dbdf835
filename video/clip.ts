import { type Window, Windows } from '../core/index.ts'
import type { Clip } from './model.ts'

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
