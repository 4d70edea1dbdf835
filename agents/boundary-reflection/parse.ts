import { mean, type Window, Windows } from '../../core/index.ts'
import { parseWindows } from '../../tasks/index.ts'

/** A range that some votes proposed. */
export interface Proposal {
  readonly window: Window
  /** How many replies proposed it. */
  readonly votes: number
}

/**
 * What one reflect reply proposes: its windows inside the clip, less the hidden time, shorter remains dropped.
 * Null where the reply cannot be read. A model that repeats the annotated window thus proposes nothing.
 */
export const readProposals = (
  reply: string,
  hidden: ReadonlyArray<Window>,
  duration: number,
  minLength: number,
): ReadonlyArray<Window> | null => {
  const windows = parseWindows(reply)
  if (windows === null) return null
  const inside = Windows.merge(Windows.clip(windows, [0, duration]))
  return inside
    .flatMap((window) => Windows.complement(hidden, window))
    .filter((window) => Windows.length(window) >= minLength)
}

/**
 * Pools the proposals of several replies: windows with an IoU of at least 0.5 are one proposal, whose ends are the
 * means of theirs. Kept are those that at least `share` of the replies made, most votes first, then by start.
 */
export const poolProposals = (
  replies: ReadonlyArray<ReadonlyArray<Window> | null>,
  share: number,
): ReadonlyArray<Proposal> => {
  const clusters: Array<{ windows: Array<Window>; votes: Set<number> }> = []
  const meanWindow = (windows: ReadonlyArray<Window>): Window => [
    mean(windows.map(([start]) => start)),
    mean(windows.map(([, end]) => end)),
  ]
  for (const [vote, windows] of replies.entries())
    for (const window of windows ?? []) {
      const near = clusters.find((cluster) => Windows.iou(meanWindow(cluster.windows), window) >= 0.5)
      if (near === undefined) clusters.push({ windows: [window], votes: new Set([vote]) })
      else {
        near.windows.push(window)
        near.votes.add(vote)
      }
    }
  return clusters
    .map((cluster) => ({ window: meanWindow(cluster.windows), votes: cluster.votes.size }))
    .filter(({ votes }) => votes >= share * replies.length)
    .sort((a, b) => b.votes - a.votes || a.window[0] - b.window[0])
}

/** Whether a verify reply begins with yes or with no; null where it begins with neither. */
export const readYesNo = (reply: string): boolean | null => {
  const word = /^\W*(yes|no)\b/i.exec(reply)?.[1]?.toLowerCase()
  return word === undefined ? null : word === 'yes'
}
