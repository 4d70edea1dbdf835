import { Effect } from 'effect'
import { mean, type Window, Windows } from '../../core/index.ts'
import { type Grade, grades, type Truth } from '../../datasets/shapes/index.ts'
import { auprc, auroc, type Detection, detection, spearman } from '../../eval/index.ts'
import { openMerged } from '../../pipelines/merge.ts'

/** One sample's verdicts with its ground truth. */
export interface Judged {
  readonly sample: string
  readonly file: string
  readonly query: string
  readonly annotated: ReadonlyArray<Window>
  readonly truth: Truth
  readonly verdict: string
  /** Score of incompleteness in [0, 1]. */
  readonly score: number
  readonly proposals: ReadonlyArray<Window>
  readonly difficulty: number
}

/** Every sample that both agents processed, with its ground truth. */
export const judgedSamples = Effect.fn('Demo.judgedSamples')(function* (
  run: string,
  truths: ReadonlyMap<string, Truth>,
) {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const { database } = yield* openMerged(run)
      const rows = yield* database.rows(`
        SELECT b.sample, b.file, b.query, b.windows, b.verdict, b.score, b.proposals, d.difficulty
        FROM boundary_reflection b JOIN difficulty_estimation d USING (key)
        WHERE b.verdict IS NOT NULL AND d.difficulty IS NOT NULL ORDER BY b.sample`)
      return rows.map(
        (row): Judged => ({
          sample: String(row.sample),
          file: String(row.file),
          query: String(row.query),
          annotated: row.windows as unknown as ReadonlyArray<Window>,
          truth: truths.get(String(row.sample))!,
          verdict: String(row.verdict),
          score: Number(row.score),
          proposals: row.proposals as unknown as ReadonlyArray<Window>,
          difficulty: Number(row.difficulty),
        }),
      )
    }),
  )
})

/** How well boundary reflection finds the partial annotations, with baselines. */
export interface ReflectionQuality extends Detection {
  readonly auroc: number
  readonly auprc: number
  /** Precision of flagging everything: the share of partial annotations. */
  readonly alwaysFlag: number
  /** AUROC of the rule that calls an annotation partial when its windows are short: no video needed. */
  readonly shortWindow: number
  readonly aurocByGrade: { readonly [grade in Grade]: number }
}

export const reflectionQuality = (samples: ReadonlyArray<Judged>): ReflectionQuality => {
  const partial = samples.map(({ truth }) => truth.partial)
  const area = (of: ReadonlyArray<Judged>) =>
    auroc(
      of.map(({ score }) => score),
      of.map(({ truth }) => truth.partial),
    )
  const areaOf = (grade: Grade) => area(samples.filter(({ truth }) => truth.grade === grade))
  return {
    ...detection(
      samples.map(({ verdict }) => verdict === 'partial'),
      partial,
    ),
    auroc: area(samples),
    auprc: auprc(
      samples.map(({ score }) => score),
      partial,
    ),
    alwaysFlag: partial.filter(Boolean).length / Math.max(1, partial.length),
    shortWindow: auroc(
      samples.map(({ annotated }) => -Windows.coverage(annotated)),
      partial,
    ),
    aurocByGrade: { easy: areaOf('easy'), medium: areaOf('medium'), hard: areaOf('hard') },
  }
}

/** How well the estimated difficulty follows the grade of the scene. */
export interface DifficultyQuality {
  /** Spearman's rank correlation of difficulty and grade over samples. */
  readonly spearman: number
  readonly byGrade: { readonly [grade in Grade]: number }
  /** Samples in ten equal steps of difficulty. */
  readonly histogram: ReadonlyArray<number>
}

export const difficultyQuality = (samples: ReadonlyArray<Judged>): DifficultyQuality => {
  const meanOf = (grade: Grade) => {
    return mean(samples.filter(({ truth }) => truth.grade === grade).map(({ difficulty }) => difficulty))
  }
  const histogram = new Array<number>(10).fill(0)
  for (const { difficulty } of samples) histogram[Math.min(9, Math.floor(difficulty * 10))]!++
  return {
    spearman: spearman(
      samples.map(({ difficulty }) => difficulty),
      samples.map(({ truth }) => grades.indexOf(truth.grade)),
    ),
    byGrade: { easy: meanOf('easy'), medium: meanOf('medium'), hard: meanOf('hard') },
    histogram,
  }
}
