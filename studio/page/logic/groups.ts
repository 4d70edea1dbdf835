import type { Rollouts } from '../../api/index.ts'

type Group = Rollouts['groups'][number]

/** Length of a group's lanes in seconds: the video's, or what holds all of its windows. */
export const groupLength = ({ duration, windows, rollouts }: Group): number =>
  duration ??
  Math.max(
    1,
    ...[...(windows ?? []), ...rollouts.flatMap((rollout) => rollout.windows)].map(([, end]) => end),
  )

/** How surprising a token was: 0 is certain, 1 impossible. */
export const surprise = (logProb: number): number => 1 - Math.exp(Math.min(0, logProb))

/** The step nearest to the asked one, or the latest. */
export const nearestStep = (steps: ReadonlyArray<number>, asked: number | null): number | null => {
  const last = steps.at(-1)
  if (last === undefined) return null
  if (asked === null) return last
  return steps.reduce((best, step) => (Math.abs(step - asked) < Math.abs(best - asked) ? step : best), last)
}

export const signed = (value: number): string =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`
