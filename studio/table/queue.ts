import { Effect } from 'effect'
import type { Json } from '../../core/index.ts'
import { latestByKey, readReviews } from '../../reviews/index.ts'
import { literal } from '../../store/index.ts'
import { nameSchema, type Queue, viewSchema } from '../api/index.ts'
import type { Question } from '../server/question.ts'
import type { Studio } from '../studio.ts'
import { askedView, numberOf, openTable } from './ask.ts'

/** Why a sample is uncertain, in the words of its verdicts. */
const reasonOf = (row: ReadonlyArray<Json>): string => {
  const [, , , , verdict, score, sd] = row
  const parts = [
    ...(verdict === null ? [] : [`reflection ${verdict}, score ${Number(score).toFixed(2)}`]),
    ...(sd === null ? [] : [`IoU of the rollouts ± ${Number(sd).toFixed(2)}`]),
  ]
  return parts.join('; ')
}

/** `GET /api/runs/:run/queue`. */
export const queue = Effect.fn('Studio.queue')(function* (studio: Studio, question: Question) {
  const { run, view } = yield* askedView(studio, question)
  const limit = yield* numberOf(question.query, 'limit', 20, [1, 500])
  const reviewer = nameSchema.parse(question.query.get('reviewer') ?? '')
  const mine = [...latestByKey((yield* readReviews(run.path)).get(reviewer) ?? []).keys()]
  const table = yield* openTable(
    studio,
    run,
    viewSchema.parse({ ...view, relation: 'samples', sort: [], columns: [] }),
  )
  const { from, where } = table.clauses
  const known = `${where === '' ? 'WHERE' : `${where} AND`} uncertainty IS NOT NULL`
  const undecided = mine.length === 0 ? known : `${known} AND "key" NOT IN (${mine.map(literal).join(', ')})`
  const answer = yield* table.rows(
    `SELECT "key", sample, "query", uncertainty, verdict, score, sd_iou FROM ${from} ${undecided}
     ORDER BY uncertainty DESC, "key" LIMIT ${limit}`,
  )
  const left = yield* table.rows(`SELECT count(*) FROM ${from} ${undecided}`)
  return {
    items: answer.rows.map((row) => ({
      key: String(row[0]),
      sample: String(row[1]),
      query: String(row[2]),
      uncertainty: Number(row[3]),
      reason: reasonOf(row),
    })),
    left: Number(left.rows[0]?.[0] ?? 0),
    decided: mine.length,
  } satisfies Queue
})
