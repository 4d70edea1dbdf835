import { Effect } from 'effect'
import type { EngineService, TrainingCompletion, TrainingGroup, UpdateMetrics } from '../engine/index.ts'
import { advantages } from './advantages.ts'
import type { GrpoOptions } from './options.ts'
import { isConstantGroup, type RolloutGroup, type RolloutTurn, type ScoredRollout } from './rollouts.ts'
import { packConversation } from './seek/pack.ts'

/** A prompt, and a continuation of it of whose tokens `counted` are trained. */
type Exchange = Pick<RolloutTurn, 'prompt'> &
  Pick<TrainingCompletion, 'tokens' | 'lossMask' | 'clips'> & { readonly counted: number }

type UpdateOptions = Pick<GrpoOptions, 'scale' | 'loss' | 'beta' | 'maskTruncated' | 'seek'> &
  Partial<Pick<GrpoOptions, 'updates'>>

const reply = ({ prompt, tokens }: Pick<RolloutTurn, 'prompt' | 'tokens'>): Exchange => ({
  prompt,
  tokens,
  counted: tokens.length,
})

/**
 * What is trained of a rollout: its one reply, the replies of all rounds, or of Sparse-Video-R1's pairing the last one.
 * A growing conversation is one continuation of its first prompt, unless its log-probabilities are asked for apart.
 */
const exchangesOf = (
  { prepared: { prompt } }: RolloutGroup,
  { turns, tokens }: ScoredRollout,
  { seek, beta, updates = 1 }: UpdateOptions,
): ReadonlyArray<Exchange> => {
  if (turns === undefined) return [reply({ prompt, tokens })]
  if (seek?.pairing === 'reference') return [reply({ prompt, tokens: turns.at(-1)!.tokens })]
  const packed = seek?.mode === 'growing' && beta === 0 && updates === 1 ? packConversation(turns) : null
  return packed === null ? turns.map(reply) : [{ prompt, ...packed, counted: tokens.length }]
}

const lengthOf = (exchanges: ReadonlyArray<Exchange>): number =>
  exchanges.reduce((sum, { counted }) => sum + counted, 0)

/** Completions by the prompt that they share. */
const byPrompt = (
  found: ReadonlyArray<{ readonly prompt: Exchange['prompt']; readonly completion: TrainingCompletion }>,
): ReadonlyArray<TrainingGroup> => {
  const groups = new Map<Exchange['prompt'], Array<TrainingCompletion>>()
  for (const { prompt, completion } of found) {
    const known = groups.get(prompt)
    if (known === undefined) groups.set(prompt, [completion])
    else known.push(completion)
  }
  return [...groups].map(([prompt, completions]) => ({ prompt, completions }))
}

/** The advantage of every completion, [group][completion]. */
export const gainsOf = (
  groups: ReadonlyArray<RolloutGroup>,
  { scale }: Pick<GrpoOptions, 'scale'>,
): ReadonlyArray<ReadonlyArray<number>> =>
  advantages(
    groups.map(({ rollouts }) => rollouts.map(({ reward }) => reward)),
    scale,
    groups.map(({ item }) => item.sample.task),
  )

/**
 * The groups with a gradient, in the engine's form. A constant group has advantage 0 everywhere and, without a
 * KL term, no gradient: it is left out, and the weights make up for the smaller normaliser, so loss and gradient are those
 * of the whole batch. Replies that were cut off are left out in the same way where `maskTruncated` says so.
 *
 * A conversation counts as one completion, made of the tokens of all its replies: each reply has the weight of its share
 * of them, and the same advantage.
 */
export const updateGroups = (
  groups: ReadonlyArray<RolloutGroup>,
  options: UpdateOptions,
): ReadonlyArray<TrainingGroup> => {
  const gains = gainsOf(groups, options)
  const taught = groups.map((group, index) => ({ group, gains: gains[index]! }))
  const kept = options.beta > 0 ? taught : taught.filter((entry) => !isConstantGroup(entry.group))
  const taken = ({ finish }: ScoredRollout) => !options.maskTruncated || finish !== 'length'
  const exchanges = (group: RolloutGroup, rollout: ScoredRollout) => exchangesOf(group, rollout, options)
  // A token mean divides by the tokens that count, every other loss by all completions, as TRL does.
  const byTokens = options.loss === 'dapo'
  const size = (
    group: RolloutGroup,
    list: ReadonlyArray<ScoredRollout>,
    one: (all: ReadonlyArray<Exchange>) => number,
  ) => list.reduce((sum, rollout) => sum + one(exchanges(group, rollout)), 0)
  const whole = groups.reduce(
    (sum, group) =>
      sum + (byTokens ? size(group, group.rollouts.filter(taken), lengthOf) : group.rollouts.length),
    0,
  )
  // What the engine divides by: the tokens, or the replies, that it is given.
  const given = kept.reduce(
    (sum, { group }) =>
      sum + size(group, group.rollouts.filter(taken), byTokens ? lengthOf : ({ length }) => length),
    0,
  )
  const share = given / Math.max(1, whole)
  return kept.flatMap(({ group, gains: list }) =>
    byPrompt(
      group.rollouts.flatMap((rollout, index) => {
        if (!taken(rollout)) return []
        const all = exchanges(group, rollout)
        const tokens = Math.max(1, lengthOf(all))
        return all.map((one) => {
          // Losses that are a mean over a completion's tokens weigh replies alike; as parts of one completion they do not.
          const part = options.loss === 'grpo' || options.loss === 'gspo' ? one.counted / tokens : 1
          const weight = group.item.weight * share * (all.length === 1 ? 1 : part)
          const { prompt, counted: _, ...completion } = one
          return { prompt, completion: { ...completion, advantage: list[index]!, weight } }
        })
      }),
    ),
  )
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
