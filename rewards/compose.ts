import { Effect } from 'effect'
import { InputError, suggestion, type Task } from '../core/index.ts'
import { tasks } from '../tasks/index.ts'
import { catalogue } from './catalogue.ts'
import { defaultWeights, type Weights } from './defaults.ts'
import type { Reward, RewardTarget } from './reward.ts'

export interface Scores {
  /** Each reward by name, unweighted. */
  readonly scores: { readonly [name: string]: number }
  /** The weighted sum: what GRPO sees. */
  readonly total: number
}

/** Weights of the rewards of every task by name, and of single tasks by task. */
export interface TaskWeights {
  readonly [nameOrTask: string]: number | Weights
}

export interface Composition {
  /** Every reward that some task has. */
  readonly names: ReadonlyArray<string>
  /** The rewards of a task, in their order; the first says how right an answer is. */
  readonly namesOf: (task: Task) => ReadonlyArray<string>
  readonly score: (text: string, target: RewardTarget) => Scores
}

/** The reward of that name; fails with an InputError that names the nearest one. */
const lookupReward = (name: string): Effect.Effect<Reward, InputError> => {
  const reward = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined
  if (reward !== undefined) return Effect.succeed(reward)
  return Effect.fail(
    new InputError({
      subject: `reward ${JSON.stringify(name)}`,
      problem: 'unknown reward',
      remedy: suggestion(name, Object.keys(catalogue)),
    }),
  )
}

type Parts = ReadonlyArray<readonly [name: string, weight: number, reward: Reward]>

const partsOf = Effect.fnUntraced(function* (weights: Weights) {
  const parts: Array<Parts[number]> = []
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
  if (parts.length > 0 && parts.every(([, weight]) => weight === 0))
    return yield* new InputError({
      subject: `reward ${parts.map(([name]) => name).join(', ')}`,
      problem: 'every weight is 0, so that every answer would be equally good',
      remedy: `give one another weight, e.g. ${parts[0]![0]}=1`,
    })
  return parts satisfies Parts as Parts
})

/**
 * Weighted sums of named rewards, one for each task: `composeRewards({ iou: 1, format: 0.5 })` for every task alike,
 * `composeRewards({ 'grounded-qa': { answer: 1, glue_iou: 0.5 } })` for one of them. A task that neither names has
 * {@link defaultWeights}. All published GRPO recipes use a plain sum (weight 1 each). Fails on unknown names, weights
 * that are not finite, and an empty set.
 */
export const composeRewards = Effect.fnUntraced(function* (weights: TaskWeights) {
  const shared: { [name: string]: number } = {}
  const own = new Map<Task, Parts>()
  for (const [name, value] of Object.entries(weights)) {
    if (typeof value === 'number') {
      shared[name] = value
      continue
    }
    if (!tasks.includes(name))
      return yield* new InputError({
        subject: `rewards of ${JSON.stringify(name)}`,
        problem: 'unknown task',
        remedy: suggestion(name, tasks),
      })
    const parts = yield* partsOf(value)
    if (parts.length === 0)
      return yield* new InputError({
        subject: `rewards of ${name}`,
        problem: 'none is given',
        remedy: `name at least one, for example ${Object.keys(defaultWeights(name))[0]}=1`,
      })
    own.set(name, parts)
  }
  if (Object.keys(weights).length === 0)
    return yield* new InputError({
      subject: 'rewards',
      problem: 'none is given',
      remedy: 'name at least one, for example iou=1',
    })
  const common = yield* partsOf(shared)
  const usual = new Map<Task, Parts>()
  for (const task of tasks) usual.set(task, yield* partsOf(defaultWeights(task)))
  const of = (task: Task): Parts => own.get(task) ?? (common.length > 0 ? common : usual.get(task)!)
  const composition: Composition = {
    names: [...new Set([...common, ...[...own.values()].flat()].map(([name]) => name))],
    namesOf: (task) => of(task).map(([name]) => name),
    score: (text, target) => {
      const scores: Record<string, number> = {}
      let total = 0
      for (const [name, weight, reward] of of(target.task ?? 'grounding')) {
        const score = reward(text, target)
        scores[name] = score
        total += weight * score
      }
      return { scores, total }
    },
  }
  return composition
})
