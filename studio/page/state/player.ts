import { effect, signal } from '@preact/signals'
import type { Window } from '../../../core/index.ts'
import { faster as next, slower as previous } from '../logic/speed.ts'
import { reveal, within } from '../logic/timeline.ts'
import { adjust, place } from './place.ts'

/** The playhead in seconds; it moves while playing without a change of the address. */
export const time = signal(0)
/** 0 is paused; below 0 plays backwards. */
export const speed = signal(0)
/** Length of the video in seconds. */
export const length = signal(0)
/** What is played again and again. */
export const loop = signal<Window | null>(null)

/** The player of the browser, where it plays this video; without it time passes by the clock. */
let video: HTMLVideoElement | null = null
let wanted: number | null = null

const inside = (seconds: number) => Math.min(Math.max(0, seconds), length.peek())

/** Shows a time in the video; while one jump is under way only the latest of the others is kept. */
const show = (seconds: number): void => {
  if (video === null) return
  if (video.seeking) wanted = seconds
  else video.currentTime = seconds
}

const shown = (): void => {
  if (wanted === null || video === null) return
  const seconds = wanted
  wanted = null
  video.currentTime = seconds
}

/** Key of the sample whose time this is: the address may be of the next one already, which begins elsewhere. */
let loaded: string | null = null

const write = (): void => {
  if (place.peek().sample === loaded) adjust({ time: Math.round(time.peek() * 1000) / 1000 })
}

let settling: ReturnType<typeof setTimeout> | null = null

/** Writes the time to the address once the playhead rests: while it is dragged nothing but itself is drawn again. */
const settle = (): void => {
  if (settling !== null) clearTimeout(settling)
  settling = setTimeout(write, 120)
}

/** Moves the playhead. */
export const seek = (seconds: number): void => {
  time.value = Math.round(inside(seconds) * 1000) / 1000
  show(time.value)
  settle()
  const { zoom } = place.peek()
  const range = zoom === null ? null : reveal(zoom, time.value, length.peek())
  if (range !== zoom) adjust({ zoom: range })
}

export const step = (seconds: number): void => {
  speed.value = 0
  seek(time.peek() + seconds)
}

export const pause = (): void => {
  speed.value = 0
}
export const toggle = (): void => {
  if (speed.peek() === 0 && time.peek() >= length.peek() - 0.01) seek(loop.peek()?.[0] ?? 0)
  speed.value = speed.peek() === 0 ? 1 : 0
}
export const faster = (): void => {
  speed.value = next(speed.peek())
}
export const slower = (): void => {
  speed.value = previous(speed.peek())
}

/** A new sample: everything from the start. */
export const load = (key: string, seconds: number, at: number): void => {
  speed.value = 0
  loaded = key
  loop.value = null
  length.value = seconds
  time.value = inside(at)
  show(time.value)
}

/** Goes to a time that the address has got from elsewhere: Back, Forward or a link. */
export const visit = (at: number): void => {
  if (speed.peek() !== 0 || Math.abs(at - time.peek()) < 0.001) return
  time.value = inside(at)
  show(time.value)
}

export const attach = (element: HTMLVideoElement | null): void => {
  if (video !== null) video.removeEventListener('seeked', shown)
  video = element
  wanted = null
  if (element === null) return
  element.addEventListener('seeked', shown)
  element.currentTime = time.peek()
}

const plays = (): boolean => video !== null && !video.error && speed.peek() > 0

const turnBack = (): boolean => {
  const again = loop.peek()
  const now = time.peek()
  if (again !== null && (now >= again[1] || now < again[0] - 0.05)) {
    seek(speed.peek() > 0 ? again[0] : again[1])
    return true
  }
  return false
}

/** Turns the page of a zoomed time line when the playhead has left it. */
const turnPage = (): void => {
  const { zoom } = place.peek()
  const now = time.peek()
  if (zoom !== null && (now > zoom[1] || now < zoom[0]))
    adjust({ zoom: within([now, now + zoom[1] - zoom[0]], length.peek()) })
}

/** Follows the browser's player, or moves the playhead itself, until the video ends. */
const run = (): (() => void) => {
  let last = performance.now()
  let frame = 0
  const tick = (now: number) => {
    const passed = (now - last) / 1000
    last = now
    if (!plays()) {
      time.value = inside(time.peek() + passed * speed.peek())
      show(time.peek())
    } else if (video !== null && !video.seeking) time.value = inside(video.currentTime)
    const over = speed.peek() > 0 ? time.peek() >= length.peek() - 0.01 : time.peek() <= 0
    turnPage()
    if (!turnBack() && over) speed.value = 0
    else frame = requestAnimationFrame(tick)
  }
  frame = requestAnimationFrame(tick)
  return () => cancelAnimationFrame(frame)
}

effect(() => {
  const rate = speed.value
  if (rate > 0 && video !== null) {
    video.playbackRate = rate
    // Refused where the file cannot be played: the page then shows frames.
    video.play().catch(() => undefined)
  } else video?.pause()
  if (rate === 0) {
    if (length.peek() > 0) write()
    return
  }
  return run()
})
