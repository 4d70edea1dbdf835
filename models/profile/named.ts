import { Result } from 'effect'
import { makeProfile } from './make.ts'
import type { ModelProfile } from './profile.ts'

/** The profile of a model of which only the name is known, e.g. `namedProfile('Qwen3-VL-8B-Instruct')`. */
export const namedProfile = (name: string): ModelProfile =>
  Result.getOrThrow(
    makeProfile({
      ...{ name, aliases: [], family: null, architecture: null },
      ...{ processor: null, sampling: null, template: null },
    }),
  )

/** The profile of a model of which nothing is known. */
export const anyProfile: ModelProfile = namedProfile('')
