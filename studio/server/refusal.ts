import { Data } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { InputError, type VideoError } from '../../core/index.ts'
import { StoreError } from '../../store/index.ts'
import type { Problem } from '../api/index.ts'

/** A request that is not answered. */
export class Refusal extends Data.TaggedError('Refusal')<{
  readonly status: number
  readonly problem: Problem
}> {}

export const refusal = (status: number, error: string, remedy?: string): Refusal =>
  new Refusal({ status, problem: remedy === undefined ? { error } : { error, remedy } })

/** What can go wrong in a handler. */
export type Failure = Refusal | InputError | StoreError | VideoError

/** No such run, sample or file. */
export const absent = (what: string): Refusal => refusal(404, `there is no ${what}`)

export const jsonAnswer = (body: unknown, status = 200) =>
  HttpServerResponse.jsonUnsafe(body, { status, headers: { 'cache-control': 'no-store' } })

/** The answer to a request that failed. */
export const answerOf = (failure: Failure) => {
  if (failure instanceof Refusal) return jsonAnswer(failure.problem, failure.status)
  if (failure instanceof InputError)
    return jsonAnswer({ error: `${failure.subject}: ${failure.problem}`, remedy: failure.remedy }, 422)
  if (failure instanceof StoreError) return jsonAnswer({ error: failure.problem }, 422)
  return jsonAnswer({ error: failure.message }, 422)
}
