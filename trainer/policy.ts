import { Effect } from 'effect'
import type { EngineService, TrainingGroup, UpdateMetrics } from '../engine/index.ts'
import { advantages } from './advantages.ts'
import type { GrpoOptions } from './options.ts'
import { isConstantGroup, type RolloutGroup, type ScoredRollout } from './rollouts.ts'

/**
 * The groups with a gradient, in the engine's form. A constant group has advantage 0 everywhere and, without a
 * KL term, no gradient: it is left out, and the weights make up for the smaller normaliser, so loss and gradient are those
 * of the whole batch. Replies that were cut off are left out in the same way where `maskTruncated` says so.
 */
export const updateGroups = (
  groups: ReadonlyArray<RolloutGroup>,
  options: Pick<GrpoOptions, 'scale' | 'loss' | 'beta' | 'maskTruncated'>,
): ReadonlyArray<TrainingGroup> => {
  const gains = advantages(
    groups.map(({ rollouts }) => rollouts.map(({ reward }) => reward)),
    options.scale,
    groups.map(({ item }) => item.sample.task),
  )
  const taught = groups.map((group, index) => ({ group, gains: gains[index]! }))
  const kept = options.beta > 0 ? taught : taught.filter((entry) => !isConstantGroup(entry.group))
  const taken = ({ finish }: ScoredRollout) => !options.maskTruncated || finish !== 'length'
  // A token mean divides by the tokens that count, every other loss by all completions, as TRL does.
  const size = (list: ReadonlyArray<ScoredRollout>) =>
    options.loss === 'dapo'
      ? list.filter(taken).reduce((sum, { tokens }) => sum + tokens.length, 0)
      : list.length
  const learnt = kept.flatMap(({ group }) => group.rollouts.filter(taken))
  const share = size(learnt) / Math.max(1, size(groups.flatMap(({ rollouts }) => rollouts)))
  return kept.flatMap(({ group, gains: list }) => {
    const completions = group.rollouts.flatMap((rollout, index) =>
      taken(rollout)
        ? [{ tokens: rollout.tokens, advantage: list[index]!, weight: group.item.weight * share }]
        : [],
    )
    return completions.length === 0 ? [] : [{ prompt: group.prepared.prompt, completions }]
  })
}

const tokenLists = (groups: ReadonlyArray<TrainingGroup>) =>
  groups.map(({ prompt, completions }) => ({
    prompt,
    completions: completions.map(({ tokens }) => [...tokens]),
  }))

const withLogProbs = (
  groups: ReadonlyArray<TrainingGroup>,
  name: 'oldLogProbs' | 'refLogProbs',
  scores: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>,
): ReadonlyArray<TrainingGroup> =>
  groups.map((group, g) => ({
    prompt: group.prompt,
    completions: group.completions.map((completion, c) => ({ ...completion, [name]: scores[g]![c]! })),
  }))

/** Updates on one batch of rollouts; null if no group has a gradient. */
export const teach = Effect.fnUntraced(function* (
  context: {
    readonly engine: EngineService
    readonly reference?: EngineService
    readonly options: GrpoOptions
  },
  rolled: ReadonlyArray<RolloutGroup>,
  learningRate: number,
) {
  const { engine, reference, options } = context
  const { temperature, maxTokens } = options.sampling
  let groups = updateGroups(rolled, options)
  if (groups.length === 0) return null
  if (options.updates > 1)
    groups = withLogProbs(groups, 'oldLogProbs', yield* engine.score(tokenLists(groups), temperature))
  if (options.beta > 0 && reference !== undefined)
    groups = withLogProbs(groups, 'refLogProbs', yield* reference.score(tokenLists(groups), temperature))
  const metrics: Array<UpdateMetrics> = []
  for (let i = 0; i < options.updates; i++)
    metrics.push(
      yield* engine.update({
        groups,
        loss: {
          kind: options.loss,
          clipLow: options.clipLow,
          clipHigh: options.clipHigh,
          beta: options.beta,
          maxTokens,
        },
        learningRate,
        temperature,
        maxGradNorm: options.maxGradNorm,
      }),
    )
  return metrics
})
