import { z } from 'zod'
import { replySchema } from '../../agents/index.ts'
import type { Window } from '../../core/index.ts'
import { readReply } from '../../tasks/index.ts'
import type { Exchange, Lane } from '../api/index.ts'
import { frameLane, windowLane } from './lane.ts'
import type { VerdictRow } from './places.ts'
import { showReply } from './replies.ts'

/** What the evidence of agents that put one question has in common. */
const asked = z.object({
  question: z.string(),
  times: z.array(z.number()).default([]),
  replies: z.array(replySchema),
})

/** The question and the replies of an agent without a view of its own, and the cycles of an annotated count. */
export const showOther = (
  { agent, row }: VerdictRow,
  sample: Parameters<typeof readReply>[0],
): { readonly exchanges: ReadonlyArray<Exchange>; readonly lanes: ReadonlyArray<Lane> } => {
  const parsed = asked.safeParse(JSON.parse(String(row.evidence)))
  if (!parsed.success) return { exchanges: [], lanes: [] }
  const { question, times, replies } = parsed.data
  const { name } = agent
  const cycles = (row.cycles ?? null) as ReadonlyArray<Window> | null
  return {
    exchanges: [
      {
        ...{
          id: `${name}/replies`,
          agent: name,
          title: 'replies',
          question,
          times,
          hidden: [],
          logProbs: [],
        },
        replies: replies.map((reply) => showReply(reply, readReply(sample, reply))),
      },
    ],
    lanes: [
      ...(cycles === null ? [] : [windowLane('annotated', `${name}/cycles`, 'annotated cycles', cycles)]),
      frameLane(`${name}/frames`, `frames seen by ${name}`, times),
    ],
  }
}
