import type { Window } from '../../../core/index.ts'

/** What a time line shows: `range` in seconds over `width` pixels. */
export interface Scale {
  readonly range: Window
  readonly width: number
}

/** The shortest range that can be shown, in seconds. */
export const shortest = 0.2

export const toX = ({ range: [from, to], width }: Scale, time: number): number =>
  ((time - from) / (to - from)) * width

export const toTime = ({ range: [from, to], width }: Scale, x: number): number =>
  from + (x / width) * (to - from)

/** A range of the same length, or the whole video, inside `[0, duration]`. */
export const within = ([from, to]: Window, duration: number): Window => {
  const length = Math.min(Math.max(to - from, Math.min(shortest, duration)), duration)
  const start = Math.min(Math.max(0, from), duration - length)
  return [start, start + length]
}

/** Shows `factor` times as much time (below 1 zooms in); `time` stays where it is unless the video ends there. */
export const zoomAt = (range: Window, time: number, factor: number, duration: number): Window => {
  const length = Math.min(Math.max((range[1] - range[0]) * factor, Math.min(shortest, duration)), duration)
  const share = (time - range[0]) / (range[1] - range[0])
  return within([time - share * length, time + (1 - share) * length], duration)
}

export const pan = (range: Window, seconds: number, duration: number): Window =>
  within([range[0] + seconds, range[1] + seconds], duration)

/** Moves the range just so far that `time` is in it; the same range where it is. */
export const reveal = (range: Window, time: number, duration: number): Window =>
  time >= range[0] && time <= range[1]
    ? range
    : pan(range, time < range[0] ? time - range[0] : time - range[1], duration)

const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600]

/** Seconds between labelled marks, so that two of them are at least `gap` pixels apart. */
export const markStep = ({ range, width }: Scale, gap = 70): number => {
  const least = ((range[1] - range[0]) * gap) / Math.max(1, width)
  return steps.find((step) => step >= least) ?? Math.ceil(least / 3600) * 3600
}

/** Times of the labelled marks in the range. */
export const marks = (scale: Scale): ReadonlyArray<number> => {
  const step = markStep(scale)
  const [from, to] = scale.range
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toFixed(6)),
  )
}

const pad = (value: number) => String(value).padStart(2, '0')

/** `7.25` is `7.25`, `75` is `1:15.00`, `3675` is `1:01:15.00`; `digits` after the point. */
export const clock = (seconds: number, digits = 2): string => {
  const units = 10 ** digits
  const whole = Math.round(Math.max(0, seconds) * units)
  const rest = digits === 0 ? '' : `.${String(whole % units).padStart(digits, '0')}`
  const total = Math.floor(whole / units)
  if (total < 60) return `${total}${rest}`
  const minutes = Math.floor(total / 60)
  return minutes < 60
    ? `${minutes}:${pad(total % 60)}${rest}`
    : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(total % 60)}${rest}`
}

/** Reads a time that a person typed, `75`, `1:15.5` or `1:01:15`; null where it is none. */
export const readClock = (text: string): number | null => {
  const parts = text.trim().replace(',', '.').split(':')
  if (parts.length > 3 || parts.some((part) => !/^\d+(\.\d*)?$|^\.\d+$/.test(part))) return null
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0)
}
