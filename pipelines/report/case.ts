import { Effect } from 'effect'
import type { Window } from '../../core/index.ts'
import { encodePicture, frameOf, Videos } from '../../video/index.ts'
import { escape, lanes } from './chart.ts'

/** Frames of a strip. */
const stripFrames = 12

/** Evenly spaced frames of a video as `data:` addresses in order of time, and its seconds. */
export const frameStrip = Effect.fn('Report.frameStrip')(function* (path: string) {
  const reader = yield* Videos
  const clip = yield* reader.clip(
    path,
    { kind: 'count', count: stripFrames },
    { maxPixels: 160 * 160, factor: 2 },
  )
  const frames = Array.from(clip.times.keys(), (place) => {
    const picture = { width: clip.width, height: clip.height, rgb: frameOf(clip, place) }
    const jpeg = encodePicture(picture, { format: 'jpeg', quality: 70 })
    return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`
  })
  return { frames, duration: clip.info.duration }
})

/** Windows of one kind, with their colour of the palette. */
export interface CaseLane {
  readonly name: string
  readonly windows: ReadonlyArray<Window>
  readonly colour: number
}

/** One sample: its query, what is said of it, a strip of frames and lanes over the same time. */
export const caseHtml = (one: {
  readonly query: string
  readonly note: string
  readonly duration: number
  readonly frames: ReadonlyArray<string>
  readonly lanes: ReadonlyArray<CaseLane>
}): string =>
  `<div class="case"><b>${escape(one.query)}</b> <span class="note">${escape(one.note)}</span><div class="strip">${one.frames.map((frame) => `<img alt="" src="${frame}">`).join('')}</div>${lanes(one.duration, one.lanes)}</div>`

/** What the colours of lanes mean. */
export const laneKey = (lanes: ReadonlyArray<Omit<CaseLane, 'windows'>>): string =>
  `<p class="key">${lanes.map(({ name, colour }) => `<span><i class="k${colour}"></i>${escape(name)}</span>`).join('')}</p>`
