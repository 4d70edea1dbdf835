import { marginOf } from '../agents/index.ts'
import { hash32, random, roundingError, type Window, Windows } from '../core/index.ts'

/** `blank` replaces a hidden frame by a black one, `drop` removes it. */
export const maskModes = ['blank', 'drop'] as const
export type MaskMode = (typeof maskModes)[number]

/**
 * Frames are hidden in whole groups of this many neighbours, because one visual token of the Qwen-VL family covers a
 * pair of frames, which must be hidden or shown together.
 */
export const framesPerToken = 2

export interface MaskRequest {
  readonly seed: number
  readonly sampleId: string
  /** Annotated windows in seconds; they and their margin are never hidden. */
  readonly windows: ReadonlyArray<Window>
  /** Seconds of the clip. */
  readonly duration: number
  /** Seconds of each frame, ascending. */
  readonly frameTimes: ArrayLike<number>
  /** Share of the hidable frame groups to hide, in [0, 1]. */
  readonly ratio: number
  /**
   * Seconds kept visible on both sides of a window; max(2 s, 10 % of the clip), as boundary reflection hides, when left
   * out.
   */
  readonly margin?: number
}

export interface MaskRecipe {
  /** One byte a frame, 1 = hidden. */
  readonly hidden: Uint8Array
  /** Hidden frames over all frames, in [0, 1]. */
  readonly share: number
  /** Frames that a ratio of 1 could hide. */
  readonly hidable: number
  /** Eight hexadecimal digits that name the hidden set; equal sets of equal length have equal digests. */
  readonly digest: string
}

const digestOf = (hidden: Uint8Array): string => hash32(hidden.join('')).toString(16).padStart(8, '0')

/**
 * Which frames a training step hides. Every group of frames outside the windows and their margin has a rank fixed by
 * (seed, sample) alone and is hidden while its rank is below ratio x groups. Hidden sets of falling ratios are
 * therefore nested: what one step shows, every later step shows too. At least one group stays visible.
 */
export const maskRecipe = (request: MaskRequest): MaskRecipe => {
  const { frameTimes, ratio, duration } = request
  if (!(ratio >= 0 && ratio <= 1)) throw new RangeError(`maskRecipe: ratio ${ratio} is outside [0, 1]`)
  const count = frameTimes.length
  const margin = request.margin ?? marginOf(duration)
  const kept = request.windows.map(([start, end]): Window => [start - margin, end + margin])
  const groups = Math.ceil(count / framesPerToken)
  const candidates: Array<number> = []
  for (let group = 0; group < groups; group++) {
    let outside = true
    for (let frame = group * framesPerToken; frame < Math.min(count, (group + 1) * framesPerToken); frame++)
      if (Windows.covers(kept, frameTimes[frame]!)) outside = false
    if (outside) candidates.push(group)
  }
  const ranked = random(request.seed, 'mask', request.sampleId).shuffle(candidates)
  const limit = Math.min(ratio * ranked.length - roundingError, groups - 1)
  const hidden = new Uint8Array(count)
  const hide = (group: number) => hidden.fill(1, group * framesPerToken, (group + 1) * framesPerToken)
  for (let rank = 0; rank < limit; rank++) hide(ranked[rank]!)
  const total = hidden.reduce((sum, bit) => sum + bit, 0)
  const hidable = candidates.reduce(
    (sum, group) => sum + Math.min(framesPerToken, count - group * framesPerToken),
    0,
  )
  return { hidden, share: count === 0 ? 0 : total / count, hidable, digest: digestOf(hidden) }
}

/** The recipe that hides nothing. */
export const noMask = (count: number): MaskRecipe => {
  const hidden = new Uint8Array(count)
  return { hidden, share: 0, hidable: 0, digest: digestOf(hidden) }
}

/**
 * The times that a recipe shows, as disjoint windows in seconds: each visible frame stands for the time from half-way
 * to its predecessor until half-way to its successor (the ends reach 0 and `duration`).
 */
export const visibleWindows = (
  recipe: MaskRecipe,
  frameTimes: ArrayLike<number>,
  duration: number,
): ReadonlyArray<Window> => {
  const count = frameTimes.length
  const visible: Array<Window> = []
  for (let i = 0; i < count; i++) {
    if (recipe.hidden[i] === 1) continue
    const start = i === 0 ? 0 : (frameTimes[i - 1]! + frameTimes[i]!) / 2
    const end = i === count - 1 ? Math.max(duration, start) : (frameTimes[i]! + frameTimes[i + 1]!) / 2
    visible.push([start, end])
  }
  return Windows.merge(visible)
}

/**
 * The score of an answer that ignores the picture, on the clip as shown: the best IoU of the longest visible stretch with
 * any true window. Masking leaks the position of the answer to the extent that this exceeds its value without a mask.
 */
export const priorIou = (truths: ReadonlyArray<Window>, visible: ReadonlyArray<Window>): number => {
  const longest = visible.reduce<Window | undefined>(
    (best, window) =>
      best === undefined || Windows.length(window) > Windows.length(best) + 1e-9 ? window : best,
    undefined,
  )
  return longest === undefined ? 0 : Windows.bestIou(longest, truths)
}
