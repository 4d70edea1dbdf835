import { resolve } from 'node:path'
import { Effect } from 'effect'
import { boundaryReflection, difficultyEstimation } from '../../agents/index.ts'
import type { Window } from '../../core/index.ts'
import { type Grade, readTruth } from '../../datasets/shapes/index.ts'
import { readRows, writeWhole } from '../../files/index.ts'
import { anyProfile } from '../../models/index.ts'
import { rejudge } from '../../pipelines/curate/act.ts'
import { joinVerdicts } from '../../pipelines/curate/verdicts.ts'
import { openMerged } from '../../pipelines/merge.ts'
import { loadSource } from '../../pipelines/source.ts'
import { validation } from './measure.ts'
import { type Judged, type PoolRow, poolRow, type QueryRow } from './rows.ts'
import { placesOf, type Study } from './study.ts'

const linesOf = (rows: ReadonlyArray<PoolRow>) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** Writes every grounding annotation of the training split with its truth. */
export const writeAnnotations = Effect.fn('writeAnnotations')(function* (study: Study) {
  const { world, annotations } = placesOf(study)
  const source = { dataset: 'shapes', split: 'train', annotations: world, policy: 'fail' } as const
  const { samples } = yield* loadSource(source)
  const truths = yield* readTruth(world, 'train')
  const rows = samples
    .filter(({ task }) => task === 'grounding')
    .map((sample): PoolRow => {
      const { grade, partial, windows } = truths.get(sample.id)!
      return { sample, grade, partial, truth: windows ?? [], judged: null }
    })
  yield* writeWhole(annotations, linesOf(rows))
  return yield* readRows(annotations, poolRow)
})

/** Writes the video and grade of each validation query: with the results, all that the report needs. */
export const writeQueries = Effect.fn('writeQueries')(function* (study: Study) {
  const samples = yield* validation(study)
  const rows = samples.map(({ video, meta }): QueryRow => ({ video, grade: meta?.grade as Grade }))
  yield* writeWhole(placesOf(study).queries, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
})

/** Writes the same with what the agents say, once all folds are done. */
export const writePool = Effect.fn('writePool')(function* (study: Study, rows: ReadonlyArray<PoolRow>) {
  const { curation, pool } = placesOf(study)
  const settings = difficultyEstimation.settings.parse(difficultyEstimation.defaults(anyProfile))
  const verdicts = yield* Effect.scoped(
    Effect.gen(function* () {
      return (yield* joinVerdicts(yield* openMerged(curation), resolve(curation), {})).pairs
    }),
  )
  const bySample = new Map(verdicts.map((pair) => [String((pair.bra ?? pair.dea)!.sample), pair]))
  const judged = rows.map((row): PoolRow => {
    const { bra, dea } = bySample.get(row.sample.id) ?? {}
    if (bra?.verdict == null || dea?.evidence == null)
      throw new Error(`${boundaryReflection.command} or dea did not judge ${row.sample.id}`)
    const annotated = row.sample.windows ?? []
    const repaired = [...annotated, ...(bra.verified as unknown as ReadonlyArray<Window>)].toSorted(
      (a, b) => a[0] - b[0],
    )
    const iou = (windows: ReadonlyArray<Window>) => rejudge({ ...row.sample, windows }, dea, settings).meanIou
    const said: Judged = {
      verdict: String(bra.verdict),
      score: Number(bra.score),
      repaired,
      iou: { annotated: iou(annotated), repaired: iou(repaired), truth: iou(row.truth) },
    }
    return { ...row, judged: said }
  })
  yield* writeWhole(pool, linesOf(judged))
  return judged
})
