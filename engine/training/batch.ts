import { checkPrompt } from '../layout.ts'
import type { ProcessedPrompt } from '../processor/index.ts'

/** One continuation of a prompt, as the loss sees it. Lists, where given, are as long as `tokens`. */
export interface TrainingCompletion {
  readonly tokens: ReadonlyArray<number>
  /** 1 where the token counts in the loss, 0 where it is context only (a question before its answer). Default: all 1. */
  readonly lossMask?: ReadonlyArray<number>
  /** Video among the tokens that are context, as in a conversation to which frames are added; sized as the prompt's. */
  readonly clips?: CompletionClips
  /** Policy losses: the completion's advantage. Required by them. */
  readonly advantage?: number
  /**
   * Policy losses: log-probabilities under the policy that sampled, at the batch's temperature. Left out means that the
   * weights have not changed since, so that every ratio is exactly 1.
   */
  readonly oldLogProbs?: ReadonlyArray<number>
  /** Policy losses with beta > 0: log-probabilities under the reference model. */
  readonly refLogProbs?: ReadonlyArray<number>
  /** Multiplies the completion's share of the loss; the normaliser does not change with it. Default 1. */
  readonly weight?: number
}

/** Video inside a completion. `visual` are places in its tokens, `positions` [3, tokens] are those of its tokens. */
export type CompletionClips = Pick<ProcessedPrompt, 'pixels' | 'grids' | 'visual' | 'positions'>

/** A prompt and its continuations. The prompt, video included, is computed once. */
export interface TrainingGroup {
  readonly prompt: ProcessedPrompt
  readonly completions: ReadonlyArray<TrainingCompletion>
}

export const policyLosses = ['grpo', 'dapo', 'dr_grpo', 'gspo'] as const
export type PolicyLossKind = (typeof policyLosses)[number]

/**
 * sft: mean negative log-likelihood of the counted tokens.
 * The others are the clipped surrogate -min(ratio A, clip(ratio, 1 - clipLow, 1 + clipHigh) A) + beta KL3(policy, reference):
 * * grpo: mean over each completion's tokens, then over completions (DeepSeekMath);
 * * dapo: mean over all tokens of the batch;
 * * dr_grpo: sum over tokens divided by completions x maxTokens;
 * * gspo: as grpo with one ratio per completion, the geometric mean of its tokens' ratios.
 */
export type LossSettings =
  | { readonly kind: 'sft' }
  | {
      readonly kind: PolicyLossKind
      readonly clipLow: number
      readonly clipHigh: number
      /** Weight of the KL term (k3 estimator); 0 leaves it out. */
      readonly beta: number
      /** The longest completion sampling allows; the constant of dr_grpo. */
      readonly maxTokens: number
    }

/** One optimiser step. Micro-batches are formed inside; the loss is normalised over the whole batch. */
export interface UpdateBatch {
  readonly groups: ReadonlyArray<TrainingGroup>
  readonly loss: LossSettings
  readonly learningRate: number
  /** Divides the logits before the softmax, as sampling did. Default 1. */
  readonly temperature?: number
  /** Gradients are scaled down to this global norm; default 1, Infinity leaves them. */
  readonly maxGradNorm?: number
}

export interface UpdateMetrics {
  readonly loss: number
  /** Global norm of the gradient before clipping. */
  readonly gradNorm: number
  /** Mean entropy of the next-token distribution over counted tokens, in nats. */
  readonly entropy: number
  /** Mean log-probability of the counted tokens. */
  readonly logProb: number
  /** Share of counted tokens (gspo: of completions) clipped from below (negative advantage) and from above. */
  readonly clipLowFraction: number
  readonly clipHighFraction: number
  /** Mean ratio to the sampling policy. */
  readonly ratio: number
  /** Mean k3 estimate of KL(policy, reference); 0 without reference log-probabilities. */
  readonly kl: number
  /** Tokens that counted in the loss. */
  readonly tokens: number
  readonly completions: number
  readonly microBatches: number
  readonly seconds: number
}

const listOf = (
  where: string,
  name: string,
  list: ReadonlyArray<number> | undefined,
  length: number,
): void => {
  if (list !== undefined && list.length !== length)
    throw new RangeError(`${where}: ${name} has ${list.length} entries for ${length} tokens`)
}

/** Refuses a batch whose lists do not fit or whose loss lacks what it needs, naming the group and completion. */
export const checkBatch = (groups: ReadonlyArray<TrainingGroup>, loss: LossSettings): void => {
  if (groups.length === 0) throw new RangeError('the batch has no groups')
  groups.forEach(({ prompt, completions }, g) => {
    checkPrompt(prompt, `the prompt of group ${g}`)
    if (completions.length === 0) throw new RangeError(`group ${g}: there are no completions`)
    completions.forEach((completion, c) => {
      const where = `group ${g}, completion ${c}`
      const { length } = completion.tokens
      listOf(where, 'lossMask', completion.lossMask, length)
      listOf(where, 'oldLogProbs', completion.oldLogProbs, length)
      listOf(where, 'refLogProbs', completion.refLogProbs, length)
      listOf(where, 'positions', completion.clips && Array(completion.clips.positions.length / 3), length)
      if (loss.kind === 'sft') return
      if (completion.advantage === undefined || !Number.isFinite(completion.advantage))
        throw new RangeError(`${where}: loss ${loss.kind} needs a finite advantage`)
      if (loss.beta > 0 && completion.refLogProbs === undefined)
        throw new RangeError(`${where}: beta ${loss.beta} needs refLogProbs`)
    })
  })
}

/** Indices of the tokens that count in the loss. */
export const countedTokens = ({ tokens, lossMask }: TrainingCompletion): ReadonlyArray<number> => {
  const counted: Array<number> = []
  for (let i = 0; i < tokens.length; i++) if ((lossMask?.[i] ?? 1) !== 0) counted.push(i)
  return counted
}
