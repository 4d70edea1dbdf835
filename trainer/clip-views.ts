import { Deferred, Effect } from 'effect'
import type { VideoError, Window } from '../core/index.ts'
import {
  type MaskMode,
  type MaskRecipe,
  maskRecipe,
  noMask,
  priorIou,
  visibleWindows,
} from '../curriculum/index.ts'
import { type Clip, maskClip, selectFrames } from '../video/index.ts'
import { byteCache } from './byte-cache.ts'
import type { TrainingItem } from './data.ts'

/** The clip with its hidden frames (1 = hidden, one byte a frame) black or gone. */
export const hideFrames = (clip: Clip, hidden: Uint8Array, mode: MaskMode): Clip => {
  if (!hidden.includes(1)) return clip
  if (mode === 'drop') return selectFrames(clip, (_time, place) => hidden[place] === 0)
  const shown = Array.from(clip.times).filter((_time, place) => hidden[place] === 0)
  return maskClip(
    clip,
    shown.map((time): Window => [time, time]),
    'blank',
  )
}

export interface ClipViewOptions {
  /** Decodes the clip of a sample at the model's size. */
  readonly clip: (item: TrainingItem) => Effect.Effect<Clip, VideoError>
  readonly seed: number
  readonly mode: MaskMode
  /** Seconds never hidden around a window; null is max(2 s, 10 % of the clip). */
  readonly margin: number | null
  /** Limit of the cache of decoded clips, in bytes; default 256 MiB. */
  readonly cacheBytes?: number
}

/** What a training step shows of a sample's video: the whole clip, and which frames of it are hidden. */
export interface ClipView {
  readonly clip: Clip
  readonly mask: MaskRecipe
  /** IoU of the answer that only knows which time is visible; see `priorIou`. */
  readonly priorIou: number
}

export interface ClipViews {
  readonly mode: MaskMode
  /** The decoded clip of a sample, shared by everyone who asks for the same file at the same time. */
  readonly clip: (item: TrainingItem) => Effect.Effect<Clip, VideoError>
  /** A pure function of (sample, ratio): `ratio` is the share of hidable frames to hide, in [0, 1]. */
  readonly view: (item: TrainingItem, ratio: number) => Effect.Effect<ClipView, VideoError>
}

/** Name of a sample's file, or of the part that it is about, over all datasets of a training. */
export const clipKey = ({ sample, segment, part }: TrainingItem): string =>
  [`${sample.dataset}/${sample.file}`, segment?.join(), part?.map((time) => `${time}s`).join()]
    .filter((name) => name !== undefined)
    .join('#')

/**
 * Views of video files, the one source of what any engine trains on: a clip is decoded once for all questions about it
 * and all who wait for it, as long as the cache holds it.
 */
export const clipViews = (options: ClipViewOptions): ClipViews => {
  const clips = byteCache<Clip>(options.cacheBytes ?? 256 * 2 ** 20)
  const running = new Map<string, Deferred.Deferred<Clip, VideoError>>()

  // Others may wait for the result, so the one who asked first cannot take it away by leaving.
  const clip = (item: TrainingItem) =>
    Effect.uninterruptibleMask((restore) => {
      const key = clipKey(item)
      const known = clips.get(key)
      if (known !== undefined) return Effect.succeed(known)
      const decoding = running.get(key)
      if (decoding !== undefined) return restore(Deferred.await(decoding))
      const result = Deferred.makeUnsafe<Clip, VideoError>()
      running.set(key, result)
      return options.clip(item).pipe(
        Effect.tap((decoded) => Effect.sync(() => clips.set(key, decoded, decoded.rgb.byteLength))),
        Effect.onExit((exit) => {
          running.delete(key)
          return Deferred.done(result, exit)
        }),
      )
    })

  const view = (item: TrainingItem, ratio: number) =>
    Effect.map(clip(item), (decoded): ClipView => {
      const { duration } = decoded.info
      const windows = item.sample.windows ?? []
      const mask =
        ratio === 0
          ? noMask(decoded.times.length)
          : maskRecipe({
              seed: options.seed,
              sampleId: item.key,
              windows,
              duration,
              frameTimes: decoded.times,
              ratio,
              ...(options.margin === null ? {} : { margin: options.margin }),
            })
      return {
        clip: decoded,
        mask,
        priorIou: priorIou(windows, visibleWindows(mask, decoded.times, duration)),
      }
    })

  return { mode: options.mode, clip, view }
}
