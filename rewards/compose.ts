import { Effect } from 'effect'
import { InputError, nearest } from '../core/index.ts'
import { catalogue } from './catalogue.ts'
import type { Reward, RewardTarget } from './reward.ts'

export interface Scores {
  /** Each reward by name, unweighted. */
  readonly scores: { readonly [name: string]: number }
  /** The weighted sum: what GRPO sees. */
  readonly total: number
}

export interface Composition {
  readonly names: ReadonlyArray<string>
  readonly score: (text: string, target: RewardTarget) => Scores
}

/** The reward of that name; fails with an InputError that names the nearest one. */
export const lookupReward = (name: string): Effect.Effect<Reward, InputError> => {
  const reward = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined
  if (reward !== undefined) return Effect.succeed(reward)
  return Effect.fail(
    new InputError({
      subject: `reward ${JSON.stringify(name)}`,
      problem: 'unknown reward',
      remedy: `did you mean ${nearest(name, Object.keys(catalogue))}? All: ${Object.keys(catalogue).join(', ')}`,
    }),
  )
}

/**
 * A weighted sum of named rewards: `composeRewards({ iou: 1, format: 0.5 })`. All published GRPO recipes use a plain
 * sum (weight 1 each). Fails on unknown names, weights that are not finite, and an empty set.
 */
export const composeRewards = Effect.fnUntraced(function* (weights: { readonly [name: string]: number }) {
  const parts: Array<readonly [name: string, weight: number, reward: Reward]> = []
  for (const [name, weight] of Object.entries(weights)) {
    const reward = yield* lookupReward(name)
    if (!Number.isFinite(weight))
      return yield* new InputError({
        subject: `reward ${name}`,
        problem: `its weight ${weight} is not a finite number`,
        remedy: `write it as ${name}=1`,
      })
    parts.push([name, weight, reward])
  }
  if (parts.length === 0)
    return yield* new InputError({
      subject: 'rewards',
      problem: 'none is given',
      remedy: 'name at least one, for example iou=1',
    })
  const composition: Composition = {
    names: parts.map(([name]) => name),
    score: (text, target) => {
      const scores: Record<string, number> = {}
      let total = 0
      for (const [name, weight, reward] of parts) {
        const score = reward(text, target)
        scores[name] = score
        total += weight * score
      }
      return { scores, total }
    },
  }
  return composition
})
