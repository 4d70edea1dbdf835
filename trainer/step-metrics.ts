import { deviation, mean, type Sample } from '../core/index.ts'
import { type Band, bands } from '../curriculum/index.ts'
import type { UpdateMetrics } from '../engine/index.ts'
import { isConstantGroup, type RolloutGroup, type ScoredRollout, sampledOf } from './rollouts.ts'

/** What the policy's own rollouts of a step amount to; injected annotations count nowhere. */
export interface Summary {
  /** Mean total reward, and mean standard deviation within groups. */
  readonly reward: number
  readonly spread: number
  /** Mean of each named reward over the sampled completions that it scores. */
  readonly rewards: { readonly [name: string]: number }
  /** Mean IoU over completions of grounded tasks, null where there are none; share of readable replies. */
  readonly iou: number | null
  readonly parsed: number
  /** Share of groups whose rewards are all equal. */
  readonly constant: number
  /** Mean of -log p over sampled tokens, in nats. */
  readonly surprisal: number
  readonly length: { readonly mean: number; readonly max: number; readonly truncated: number }
  /** Groups, share of constant ones and spread of each band that the step has samples of. */
  readonly bands: { readonly [band in Band]?: BandFigures }
  readonly thought: ReturnType<typeof thoughtFigures>
  /** The same figures by task, of the tasks that the step has. */
  readonly tasks: {
    readonly [task: string]: {
      readonly prompts: number
      readonly reward: number
      readonly solved: number
      readonly parsed: number
      readonly constant: number
    }
  }
  /**
   * Of the masked prompts: their share, the share of their frames that is hidden, and the prior-only IoU of all
   * prompts.
   */
  readonly mask: { readonly prompts: number; readonly hidden: number; readonly priorIou: number }
}

/** What a step's groups of one band amount to. */
export interface BandFigures {
  readonly groups: number
  readonly reward: number
  /** Mean standard deviation within groups. */
  readonly spread: number
  /** Share of groups whose rewards are all equal. */
  readonly constant: number
}

/** What a summary needs of a group; external engines tell no more of theirs. */
export interface SummarisedGroup {
  readonly item: Pick<RolloutGroup['item'], 'band'> & { readonly sample: Pick<Sample, 'task'> }
  readonly prepared: {
    readonly mask: Pick<RolloutGroup['prepared']['mask'], 'share'>
    readonly priorIou: number
  }
  readonly rollouts: ReadonlyArray<
    Omit<ScoredRollout, 'tokens' | 'text'> & { readonly tokens: { readonly length: number } }
  >
}

const figuresOf = (groups: ReadonlyArray<SummarisedGroup>): BandFigures => {
  const own = groups.map(({ rollouts }) => sampledOf(rollouts))
  const rewards = own.map((rollouts) => rollouts.map(({ reward }) => reward))
  return {
    groups: groups.length,
    reward: mean(rewards.flat()),
    spread: mean(rewards.map(deviation)),
    constant: own.filter((rollouts) => isConstantGroup({ rollouts })).length / groups.length,
  }
}

/** Mean tokens of thoughts and of the rest of a reply, its end token included, and the share of replies with thoughts. */
export const thoughtFigures = (
  replies: ReadonlyArray<{ readonly length: number; readonly thought: number }>,
) => ({
  tokens: mean(replies.map(({ thought }) => thought)),
  answer: mean(replies.map(({ length, thought }) => length - thought)),
  share: mean(replies.map(({ thought }) => (thought > 0 ? 1 : 0))),
})

export const summarise = (groups: ReadonlyArray<SummarisedGroup>): Summary => {
  const own = groups.map(({ rollouts }) => sampledOf(rollouts))
  const rewards = own.map((rollouts) => rollouts.map(({ reward }) => reward))
  const sampled = own.flat()
  const ious = sampled.flatMap(({ iou }) => iou ?? [])
  const names = [...new Set(sampled.flatMap(({ scores }) => Object.keys(scores)))]
  const tasks = [...new Set(groups.map(({ item }) => item.sample.task))].toSorted()
  const masked = groups.filter(({ prepared }) => prepared.mask.share > 0)
  const share = (count: number, all: number) => (all === 0 ? 0 : count / all)
  return {
    reward: mean(rewards.flat()),
    spread: mean(rewards.map(deviation)),
    rewards: Object.fromEntries(
      names.map((name) => [name, mean(sampled.flatMap(({ scores }) => scores[name] ?? []))]),
    ),
    iou: ious.length === 0 ? null : mean(ious),
    parsed: share(sampled.filter(({ parsed }) => parsed).length, sampled.length),
    constant: share(own.filter((rollouts) => isConstantGroup({ rollouts })).length, groups.length),
    bands: Object.fromEntries(
      bands.flatMap((band) => {
        const members = groups.filter(({ item }) => item.band === band)
        return members.length === 0 ? [] : [[band, figuresOf(members)]]
      }),
    ),
    surprisal: -mean(sampled.flatMap(({ logProbs }) => logProbs)),
    length: {
      mean: mean(sampled.map(({ tokens }) => tokens.length)),
      max: sampled.reduce((longest, { tokens }) => Math.max(longest, tokens.length), 0),
      truncated: share(sampled.filter(({ finish }) => finish === 'length').length, sampled.length),
    },
    thought: thoughtFigures(sampled.map(({ tokens, thought }) => ({ length: tokens.length, thought }))),
    tasks: Object.fromEntries(
      tasks.map((task) => {
        const mine = own.filter((_, index) => groups[index]!.item.sample.task === task)
        const all = mine.flat()
        return [
          task,
          {
            prompts: mine.length,
            reward: mean(all.map(({ reward }) => reward)),
            solved: mean(all.map(({ solved }) => solved)),
            parsed: share(all.filter(({ parsed }) => parsed).length, all.length),
            constant: share(mine.filter((rollouts) => isConstantGroup({ rollouts })).length, mine.length),
          },
        ]
      }),
    ),
    mask: {
      prompts: share(masked.length, groups.length),
      hidden: mean(masked.map(({ prepared }) => prepared.mask.share)),
      priorIou: mean(groups.map(({ prepared }) => prepared.priorIou)),
    },
  }
}

/** One row of metrics.jsonl. Figures of the update are null where no group taught anything. */
export const rowOf = (step: {
  readonly summary: Summary
  readonly updates: ReadonlyArray<UpdateMetrics> | null
  readonly learningRate: number
  readonly epoch: number
  readonly ratio: number
  readonly constantBefore: number
  /** Share of the samples that `on-failure` showed again, and of those that then had unequal rewards. */
  readonly retried?: { readonly share: number; readonly rescued: number }
  readonly unreadable: number
  readonly seconds: { readonly [phase: string]: number }
}) => {
  const { summary, updates } = step
  const over = (figure: (update: UpdateMetrics) => number) =>
    updates === null ? null : mean(updates.map(figure))
  return {
    epoch: step.epoch,
    reward: summary.reward,
    spread: summary.spread,
    rewards: summary.rewards,
    iou: summary.iou,
    parsed: summary.parsed,
    constant: summary.constant,
    /** Before groups were refilled. */
    constant_before: step.constantBefore,
    /** Of the policy's distribution, in nats, over the tokens of the update; null where nothing was taught. */
    entropy: over(({ entropy }) => entropy),
    surprisal: summary.surprisal,
    length: summary.length,
    thought: summary.thought,
    tasks: summary.tasks,
    bands: summary.bands,
    mask: {
      ratio: step.ratio,
      ...summary.mask,
      ...(step.retried === undefined ? {} : { retried: step.retried }),
    },
    unreadable: step.unreadable,
    learning_rate: step.learningRate,
    loss: over(({ loss }) => loss),
    grad_norm: over(({ gradNorm }) => gradNorm),
    kl: over(({ kl }) => kl),
    clip_low: over(({ clipLowFraction }) => clipLowFraction),
    clip_high: over(({ clipHighFraction }) => clipHighFraction),
    tokens: over(({ tokens }) => tokens),
    seconds: step.seconds,
  }
}
