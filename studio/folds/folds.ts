import { Effect } from 'effect'
import { plainJson } from '../../core/index.ts'
import { runStatus } from '../../pipelines/folds/status.ts'
import type { Folds } from '../api/index.ts'
import type { Question } from '../server/question.ts'
import { absent } from '../server/refusal.ts'
import { runOf, type Studio } from '../studio.ts'

/** `GET /api/runs/:run/folds`. */
export const folds = Effect.fn('Studio.folds')(function* (studio: Studio, { params }: Question) {
  const run = yield* runOf(studio, params.run ?? '')
  if (run.kind !== 'curation') return yield* absent('run with verdicts of that name')
  // A run of an earlier version recorded no plan.
  const standing = yield* Effect.orElseSucceed(runStatus(run.path, studio.foldReports), () => [])
  return {
    agents: standing.map(({ agent, dataset, split, folds: all }) => ({
      ...{ agent, dataset, split },
      folds: all.map(({ fold, holder, endpoints, ...report }) => ({
        ...fold,
        ...report,
        host: holder?.host ?? null,
        endpoints: endpoints.map((one) => JSON.parse(plainJson(one))),
      })),
    })),
  } satisfies Folds
})
