import type { Effect } from 'effect'
import type { HttpServerResponse } from 'effect/http'
import { listRuns, type Studio } from '../studio.ts'
import type { Failure } from './refusal.ts'

/** A request as handlers see it. */
export interface Question {
  readonly params: { readonly [name: string]: string | undefined }
  readonly query: URLSearchParams
  readonly headers: { readonly [name: string]: string | undefined }
  /** The body as JSON. */
  readonly body: Effect.Effect<unknown, Failure>
}

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

export const jsonRoutes: ReadonlyArray<JsonRoute> = [{ method: 'GET', path: '/api/runs', answer: listRuns }]

export const fileRoutes: ReadonlyArray<FileRoute> = []
