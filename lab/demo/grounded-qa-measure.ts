import { Effect } from 'effect'
import type { Sample } from '../../core/index.ts'
import { auroc, type Detection, detection } from '../../eval/index.ts'
import { openMerged } from '../../pipelines/merge.ts'

/** What both agents said of one question. */
export interface JudgedQuestion {
  readonly sample: string
  readonly grade: string
  /** Whether its annotation leaves out a moment that shows the answer. */
  readonly hidden: boolean
  readonly verdict: string
  /** Score of incompleteness in [0, 1]. */
  readonly score: number
  readonly answering: number
  readonly grounding: number
  readonly hardAt: string
}

/** Every question that both agents judged, with what is known of it. */
export const judgedQuestions = Effect.fn('Demo.judgedQuestions')(function* (
  run: string,
  truth: ReadonlyArray<Sample>,
  hidden: ReadonlySet<string>,
) {
  const known = new Map(truth.map((sample) => [sample.id, sample]))
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const { database } = yield* openMerged(run)
      const rows = yield* database.rows(`
        SELECT sample, b.verdict, b.score, d.answer_difficulty, d.ground_difficulty, d.hard_at
        FROM boundary_reflection b JOIN (SELECT key, answer_difficulty, ground_difficulty, hard_at
          FROM difficulty_estimation) d USING (key)
        WHERE b.verdict IS NOT NULL AND d.hard_at IS NOT NULL ORDER BY sample`)
      return rows.map(
        (row): JudgedQuestion => ({
          sample: String(row.sample),
          grade: String(known.get(String(row.sample))?.meta?.grade ?? 'unknown'),
          hidden: hidden.has(String(row.sample)),
          verdict: String(row.verdict),
          score: Number(row.score),
          answering: Number(row.answer_difficulty),
          grounding: Number(row.ground_difficulty),
          hardAt: String(row.hard_at),
        }),
      )
    }),
  )
})

/**
 * How well boundary reflection finds evidence that the annotation leaves out; `alwaysFlag` is the share of such
 * questions.
 */
export interface EvidenceReflection extends Detection {
  readonly auroc: number
  readonly alwaysFlag: number
}

export const reflectionOf = (judged: ReadonlyArray<JudgedQuestion>): EvidenceReflection => {
  const hidden = judged.map((one) => one.hidden)
  return {
    ...detection(
      judged.map(({ verdict }) => verdict === 'partial'),
      hidden,
    ),
    auroc: auroc(
      judged.map(({ score }) => score),
      hidden,
    ),
    alwaysFlag: hidden.filter(Boolean).length / Math.max(1, hidden.length),
  }
}
