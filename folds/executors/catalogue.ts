import type { Effect, Scope } from 'effect'
import type { InputError } from '../../core/index.ts'
import type { Executor, ExecutorSettings } from './executor.ts'
import { makeLocal } from './local.ts'
import { makeRay } from './ray.ts'
import { makeSlurm } from './slurm.ts'

/** Every executor by name. */
export const executors = { local: makeLocal, ray: makeRay, slurm: makeSlurm } as const satisfies {
  readonly [name: string]: (settings: ExecutorSettings) => Effect.Effect<Executor, InputError, Scope.Scope>
}
export type ExecutorName = keyof typeof executors
