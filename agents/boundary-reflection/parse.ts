import { mean, type Window, Windows } from '../../core/index.ts'
import {
  isMisplaced,
  type Reading,
  type RecordedReply,
  readReply,
  readYesNo as readWord,
  replyOf,
  windowsOf,
  type YesNo,
} from '../../tasks/index.ts'

/** A range that some votes proposed. */
export interface Proposal {
  readonly window: Window
  /** How many replies proposed it. */
  readonly votes: number
}

/** What one reflect reply says of other times. */
export const readReflect = (reply: RecordedReply): Reading => readReply({ task: 'grounding' }, reply)

/** What one verify reply says. */
export const readVerify = (reply: RecordedReply): YesNo => readWord(replyOf(reply))

/** Whether a verify reply says yes or no; null where it cannot be read. */
export const readYesNo = (reply: RecordedReply): boolean | null => {
  const said = readVerify(reply)
  return said.kind === 'answer' ? said.yes : null
}

/**
 * What one reflect reply proposes: its windows inside the clip, less the hidden time, shorter remains dropped.
 * Null where the reply cannot be read, and where it names only windows outside the clip or without length: that is a
 * wrong answer, and says neither where else nor that there is none. A model that repeats the annotated window proposes
 * nothing.
 */
export const readProposals = (
  reply: RecordedReply,
  hidden: ReadonlyArray<Window>,
  duration: number,
  minLength: number,
): ReadonlyArray<Window> | null => {
  const reading = readReflect(reply)
  const windows = windowsOf(reading)
  if (windows === null || isMisplaced(reading, duration)) return null
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
