import type { Effect } from 'effect'
import type { Failure } from './refusal.ts'

/** A request as handlers see it. */
export interface Question {
  readonly params: { readonly [name: string]: string | undefined }
  readonly query: URLSearchParams
  readonly headers: { readonly [name: string]: string | undefined }
  /** The body as JSON. */
  readonly body: Effect.Effect<unknown, Failure>
}
