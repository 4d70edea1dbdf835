import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { agents } from '../../agents/index.ts'
import type { Json } from '../../core/index.ts'
import { listSlices, recordedPlan } from '../../folds/index.ts'
import { readReviews } from '../../reviews/index.ts'
import type { RunDetail } from '../api/index.ts'
import type { Question } from '../server/question.ts'
import { describeRun, runOf, type Studio } from '../studio.ts'
import { selectFrom } from '../table/ask.ts'
import { shownRelations } from '../table/relations.ts'
import type { FoundRun } from './find.ts'

const readRecord = (path: string): Json => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** What a run was made with, as recorded. */
const settingsOf = ({ kind, path }: FoundRun): Json =>
  kind === 'curation'
    ? Object.fromEntries(
        Object.values(agents).map(({ name }) => [name, readRecord(join(path, name, 'settings.json'))]),
      )
    : readRecord(join(path, kind === 'training' ? 'run.json' : 'settings.json'))

/** Samples that the present plans of each agent have, however many folds are done. */
const plannedOf = Effect.fnUntraced(function* (run: FoundRun) {
  const planned: Array<RunDetail['planned'][number]> = []
  for (const { name } of Object.values(agents)) {
    let samples = 0
    for (const { folder } of yield* listSlices(join(run.path, name)))
      for (const fold of (yield* recordedPlan(folder))?.folds ?? []) samples += fold.planned
    if (samples > 0) planned.push({ agent: name, samples })
  }
  return planned
})

/** `GET /api/runs/:run`. */
export const runDetail = Effect.fn('Studio.runDetail')(function* (studio: Studio, { params }: Question) {
  const found = yield* runOf(studio, params.run ?? '')
  const run = yield* describeRun(found)
  const settings = settingsOf(found)
  if (found.kind !== 'curation')
    return {
      ...{ run, settings, relations: [], summary: [], planned: [], curations: [], reviewers: [] },
    } satisfies RunDetail
  const snapshot = yield* studio.snapshots.of(found, 0)
  // Of the beginning of a large run nothing can be counted.
  const isWhole = snapshot.reach === Number.POSITIVE_INFINITY
  const summary = yield* selectFrom(
    snapshot,
    `SELECT agent, dataset, split, outcome, verdicts FROM summary WHERE ${isWhole} ORDER BY ALL`,
  )
  const curations = yield* selectFrom(snapshot, 'SELECT DISTINCT selection FROM curated ORDER BY 1')
  return {
    run,
    settings,
    relations: [...shownRelations.values()],
    summary: summary.rows.map(([agent, dataset, split, outcome, verdicts]) => ({
      ...{ agent: String(agent), dataset: String(dataset), split: String(split) },
      ...{ outcome: String(outcome), verdicts: Number(verdicts) },
    })),
    planned: isWhole ? yield* plannedOf(found) : [],
    curations: curations.rows.map(([name]) => String(name)),
    reviewers: [...(yield* readReviews(found.path)).keys()],
  } satisfies RunDetail
})
