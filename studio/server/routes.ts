import type { Effect } from 'effect'
import type { HttpServerResponse } from 'effect/http'
import { decide, decisions, undo } from '../decisions/decisions.ts'
import { runDetail } from '../discovery/detail.ts'
import { comparison } from '../evaluation/compare.ts'
import { evaluations } from '../evaluation/list.ts'
import { folds } from '../folds/folds.ts'
import { sampleDetail } from '../sample/detail.ts'
import { frame, strip, video } from '../sample/media.ts'
import { listRuns, type Studio } from '../studio.ts'
import { exportRows } from '../table/export.ts'
import { histogram, values } from '../table/figures.ts'
import { page, position, sql } from '../table/page.ts'
import { queue } from '../table/queue.ts'
import { mask } from '../training/mask.ts'
import { metrics } from '../training/metrics.ts'
import { rollouts } from '../training/rollouts.ts'
import { events } from './events.ts'
import type { Question } from './question.ts'
import type { Failure } from './refusal.ts'

/** One path below `/api` whose answer is JSON. */
export interface JsonRoute {
  readonly method: 'GET' | 'POST'
  readonly path: `/api/${string}`
  readonly answer: (studio: Studio, question: Question) => Effect.Effect<unknown, Failure>
}

/** One path whose answer is bytes. */
export interface FileRoute {
  readonly path: `/api/${string}`
  readonly serve: (
    studio: Studio,
    question: Question,
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, Failure>
}

export const jsonRoutes: ReadonlyArray<JsonRoute> = [
  { method: 'GET', path: '/api/runs', answer: listRuns },
  { method: 'GET', path: '/api/evaluations', answer: evaluations },
  { method: 'GET', path: '/api/compare', answer: comparison },
  { method: 'GET', path: '/api/runs/:run', answer: runDetail },
  { method: 'GET', path: '/api/runs/:run/table', answer: page },
  { method: 'GET', path: '/api/runs/:run/position', answer: position },
  { method: 'GET', path: '/api/runs/:run/histogram', answer: histogram },
  { method: 'GET', path: '/api/runs/:run/values', answer: values },
  { method: 'GET', path: '/api/runs/:run/sql', answer: sql },
  { method: 'GET', path: '/api/runs/:run/queue', answer: queue },
  { method: 'GET', path: '/api/runs/:run/folds', answer: folds },
  { method: 'GET', path: '/api/runs/:run/metrics', answer: metrics },
  { method: 'GET', path: '/api/runs/:run/rollouts', answer: rollouts },
  { method: 'GET', path: '/api/runs/:run/mask', answer: mask },
  { method: 'GET', path: '/api/runs/:run/decisions', answer: decisions },
  { method: 'POST', path: '/api/runs/:run/decisions', answer: decide },
  { method: 'POST', path: '/api/runs/:run/undo', answer: undo },
  { method: 'GET', path: '/api/runs/:run/samples/:key', answer: sampleDetail },
  { method: 'GET', path: '/api/runs/:run/samples/:key/strip', answer: strip },
]

export const fileRoutes: ReadonlyArray<FileRoute> = [
  { path: '/api/events', serve: events },
  { path: '/api/runs/:run/export', serve: exportRows },
  { path: '/api/runs/:run/samples/:key/video', serve: video },
  { path: '/api/runs/:run/samples/:key/frame', serve: frame },
]
