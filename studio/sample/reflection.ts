import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { boundaryReflection } from '../../agents/index.ts'
import type { Window } from '../../core/index.ts'
import { readJson } from '../../files/index.ts'
import { readReply, readYesNo, replyOf } from '../../tasks/index.ts'
import type { Exchange, Lane } from '../api/index.ts'
import { frameLane, windowLane } from './lane.ts'
import type { VerdictRow } from './places.ts'
import { showReply, windowsText } from './replies.ts'

const { name } = boundaryReflection

const settings = z.object({ settings: z.object({ accept: z.number().default(0.5) }) })

/** P(yes) from which a run accepted a proposal; the default where its settings cannot be read, which hides no sample. */
export const acceptedFrom = Effect.fnUntraced(function* (run: string) {
  const path = join(run, name, 'settings.json')
  const recorded = yield* Effect.orElseSucceed(readJson(path, settings), () => null)
  return recorded?.settings.accept ?? 0.5
})

/** What boundary reflection asked, and what it found on the time line. */
export const showReflection = (
  { row }: VerdictRow,
  accept: number,
): { readonly exchanges: ReadonlyArray<Exchange>; readonly lanes: ReadonlyArray<Lane> } => {
  const evidence = boundaryReflection.evidence.parse(JSON.parse(String(row.evidence)))
  const { reflect, verify, hidden, times } = evidence
  const verified = (row.verified ?? []) as unknown as ReadonlyArray<Window>
  const yes = (row.p_yes ?? []) as ReadonlyArray<number | null>
  return {
    exchanges: [
      {
        ...{ id: `${name}/reflect`, agent: name, title: 'reflect' },
        ...{ question: reflect.question, times, hidden },
        logProbs: reflect.noneLogProb === null ? [] : [{ reply: 'none', logProb: reflect.noneLogProb }],
        replies: reflect.replies.map((reply) => showReply(reply, readReply({ task: 'grounding' }, reply))),
      },
      ...verify.map((check, index) => ({
        ...{ id: `${name}/verify/${index}`, agent: name, title: `verify ${windowsText([check.window])}` },
        ...{ question: check.question, times: check.times, hidden: [] },
        logProbs:
          check.logProbs === null
            ? []
            : [
                { reply: 'Yes', logProb: check.logProbs[0] },
                { reply: 'No', logProb: check.logProbs[1] },
              ],
        replies: check.replies.map((reply) => showReply(reply, readYesNo(replyOf(reply)))),
      })),
    ],
    lanes: [
      {
        ...windowLane('proposals', `${name}/proposals`, 'proposed', []),
        intervals: verify.map(({ window: [start, end], votes }, index) => ({
          ...{ start, end, votes, yes: yes[index] ?? null, accepted: (yes[index] ?? -1) >= accept },
        })),
      },
      windowLane('verified', `${name}/verified`, 'verified', verified),
      frameLane(`${name}/frames`, `frames seen by ${name}`, times),
    ],
  }
}
