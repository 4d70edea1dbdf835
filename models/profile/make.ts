import { Result } from 'effect'
import { InputError, suggestion } from '../../core/index.ts'
import { families } from './catalogue.ts'
import type { Family, ModelFacts } from './family.ts'
import type { ModelProfile, ProfileOverrides } from './profile.ts'

const familyOf = (facts: ModelFacts): Result.Result<Family, InputError> => {
  if (facts.family === null) return Result.succeed(families.find((family) => family.matches(facts))!)
  const known = families.find(({ name }) => name === facts.family)
  const names = families.map(({ name }) => name)
  if (known !== undefined) return Result.succeed(known)
  return Result.fail(
    new InputError({
      subject: `model family "${facts.family}"`,
      problem: 'does not exist',
      remedy: suggestion(facts.family, names),
    }),
  )
}

/** The profile of a model: its family's, with the user's settings. An InputError names an impossible setting. */
export const makeProfile = (
  facts: ModelFacts,
  overrides: ProfileOverrides = {},
): Result.Result<ModelProfile, InputError> => {
  const found = familyOf({ ...facts, family: overrides.family ?? facts.family })
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const family = found.success
  const made = family.profile(facts)
  if (overrides.think === 'off' && made.reasoning === 'always')
    return Result.fail(
      new InputError({
        subject: '--think off',
        problem: `${facts.name} always reasons before it answers`,
        remedy: 'use --think auto, or the Instruct version of the model',
      }),
    )
  const { fps, frames, maxPixels, visionTokens, temperature, topP, topK, learningRate } = overrides
  return Result.succeed({
    ...made,
    model: facts.name,
    family: family.name,
    view: {
      ...made.view,
      ...(fps === undefined ? {} : { fps }),
      ...(frames === undefined ? {} : { frames, minFrames: Math.min(frames, made.view.minFrames) }),
      ...(maxPixels === undefined ? {} : { maxPixels }),
      ...(visionTokens === undefined ? {} : { visionTokens }),
    },
    dialect: overrides.dialect ?? made.dialect,
    think: overrides.think ?? 'auto',
    maxTokens: overrides.maxTokens ?? null,
    guided: overrides.guided ?? false,
    sampling: {
      temperature: temperature ?? made.sampling.temperature,
      topP: topP ?? made.sampling.topP,
      topK: topK ?? made.sampling.topK,
    },
    learningRate: learningRate === undefined ? made.learningRate : { sft: learningRate, grpo: learningRate },
  })
}
