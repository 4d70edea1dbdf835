import { Effect } from 'effect'
import { answerEvidence, answerer } from '../../eval/index.ts'
import { literal, parquetOf } from '../../store/index.ts'
import { readReply } from '../../tasks/index.ts'
import type { Exchange, Lane } from '../api/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import { partFiles } from '../evaluation/values.ts'
import { absent } from '../server/refusal.ts'
import type { Studio } from '../studio.ts'
import { frameLane } from './lane.ts'
import type { VerdictRow } from './places.ts'
import { showReply } from './replies.ts'

/** What an evaluated model was asked about a sample, from the evaluation's part files. */
export const answerRows = Effect.fnUntraced(function* (studio: Studio, run: FoundRun, key: string) {
  const parts = partFiles(run)
  if (parts.length === 0) return yield* absent('such sample in this evaluation')
  const [row] = yield* studio.parts.rows(
    `FROM ${parquetOf(parts, 'union_by_name = true')} WHERE "key" = ${literal(key)} LIMIT 1`,
  )
  if (row === undefined) return yield* absent('such sample in this evaluation')
  return [{ agent: answerer, row } satisfies VerdictRow]
})

/** The question of an evaluation and its reply. */
export const showAnswer = (
  { row }: VerdictRow,
  sample: Parameters<typeof readReply>[0],
): { readonly exchanges: ReadonlyArray<Exchange>; readonly lanes: ReadonlyArray<Lane> } => {
  const { question, times, reply } = answerEvidence.parse(JSON.parse(String(row.evidence)))
  const { name } = answerer
  return {
    exchanges: [
      {
        ...{ id: `${name}/answer`, agent: name, title: 'answer', question, times, hidden: [], logProbs: [] },
        replies: [showReply(reply, readReply(sample, reply, 'strict'))],
      },
    ],
    lanes: [frameLane(`${name}/frames`, 'frames seen by the evaluated model', times)],
  }
}
