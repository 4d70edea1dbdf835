import { EngineError, InputError } from '../../core/index.ts'
import type { EngineFailure, EngineService } from './engine.ts'

/** Calls that cross to the worker, with their arguments and results. */
export interface Calls {
  readonly generate: EngineService['generate']
  readonly score: EngineService['score']
  readonly update: EngineService['update']
  readonly save: EngineService['save']
  readonly snapshot: EngineService['snapshot']
  readonly restore: EngineService['restore']
}

export type CallName = keyof Calls

/** To the worker. */
export type Request =
  | {
      readonly [Name in CallName]: {
        readonly id: number
        readonly call: Name
        readonly args: Parameters<Calls[Name]>
      }
    }[CallName]
  | { readonly call: 'close' }

/** From the worker. `id` -1 answers for the making of the engine. */
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: PlainFailure }

/** An error as plain data: classes do not survive the crossing. */
export type PlainFailure =
  | { readonly kind: 'EngineError'; readonly operation: string; readonly problem: string }
  | {
      readonly kind: 'InputError'
      readonly subject: string
      readonly problem: string
      readonly remedy: string
    }

export const starting = -1

export const toPlain = (failure: EngineFailure): PlainFailure =>
  failure instanceof InputError
    ? { kind: 'InputError', subject: failure.subject, problem: failure.problem, remedy: failure.remedy }
    : { kind: 'EngineError', operation: failure.operation, problem: failure.problem }

export const fromPlain = (failure: PlainFailure): EngineFailure =>
  failure.kind === 'InputError'
    ? new InputError({ subject: failure.subject, problem: failure.problem, remedy: failure.remedy })
    : new EngineError({ operation: failure.operation, problem: failure.problem })
