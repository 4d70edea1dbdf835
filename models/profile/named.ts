import { Result } from 'effect'
import type { ModelFacts } from './family.ts'
import { makeProfile } from './make.ts'
import type { ModelProfile } from './profile.ts'

/** Facts about a model from its name alone. */
export const namedFacts = (name: string): ModelFacts => ({
  ...{ name, aliases: [], family: null, architecture: null },
  ...{ processor: null, sampling: null, template: null },
})

/** The profile of a model by its name, e.g. `namedProfile('Qwen3-VL-8B-Instruct')`. */
export const namedProfile = (name: string): ModelProfile => Result.getOrThrow(makeProfile(namedFacts(name)))

/** The profile of an unknown model. */
export const anyProfile: ModelProfile = namedProfile('')
