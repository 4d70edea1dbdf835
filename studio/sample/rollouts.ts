import { difficultyEstimation } from '../../agents/index.ts'
import { readReply, windowsOf } from '../../tasks/index.ts'
import type { Exchange, Lane } from '../api/index.ts'
import { frameLane, windowLane } from './lane.ts'
import type { VerdictRow } from './places.ts'
import { showReply } from './replies.ts'

const { name } = difficultyEstimation

/** What difficulty estimation asked, and each rollout on the time line with its IoU. */
export const showRollouts = (
  { row }: VerdictRow,
  sample: Parameters<typeof readReply>[0],
): { readonly exchanges: ReadonlyArray<Exchange>; readonly lanes: ReadonlyArray<Lane> } => {
  const { question, times, replies } = difficultyEstimation.evidence.parse(JSON.parse(String(row.evidence)))
  const read = replies.map((reply) => ({ reply, reading: readReply(sample, reply) }))
  const ious = (row.ious ?? []) as ReadonlyArray<number>
  return {
    exchanges: [
      {
        ...{ id: `${name}/rollouts`, agent: name, title: 'rollouts', question, times, hidden: [] },
        logProbs: [],
        replies: read.map(({ reply, reading }) => showReply(reply, reading)),
      },
    ],
    lanes: [
      ...read.map(({ reading }, index) =>
        windowLane(
          'rollout',
          `${name}/rollout/${index}`,
          index === 0 ? 'greedy rollout' : `rollout ${index}`,
          windowsOf(reading) ?? [],
          { iou: ious[index] ?? null, outcome: reading.kind },
        ),
      ),
      frameLane(`${name}/frames`, `frames seen by ${name}`, times),
    ],
  }
}
