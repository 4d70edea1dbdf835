import { random, roundHalfEven } from '../../core/index.ts'

/** Which frames the first round shows: drawn at random, evenly spaced, or either with equal odds. */
export const starts = ['random', 'uniform', 'all'] as const
export type Start = (typeof starts)[number]

/**
 * The number of frames to choose from, as Sparse-Video-R1 counts them: one for each whole second from 0 to
 * floor(duration) whose frame, number round(second x fps), exists. At least 1.
 */
export const candidateCount = ({
  duration,
  fps,
  frames,
}: {
  readonly duration: number
  readonly fps: number
  readonly frames: number
}): number => {
  let count = 1
  while (count <= duration && roundHalfEven(count * fps) < frames) count++
  return count
}

/** The seconds of the first round, rising: at most `frames` of 0 to `total - 1`; fixed by the parts of the seed. */
export const startFrames = (
  start: Start,
  total: number,
  frames: number,
  ...seed: ReadonlyArray<string | number>
): ReadonlyArray<number> => {
  const count = Math.min(frames, total)
  const even = start === 'uniform' || (start === 'all' && random('seek coin', ...seed).next() < 0.5)
  return even
    ? Array.from({ length: count }, (_, place) => Math.floor((place * total) / count))
    : random('seek start', ...seed)
        .shuffle(Array.from({ length: total }, (_, second) => second))
        .slice(0, count)
        .toSorted((a, b) => a - b)
}
