import {
  add,
  clip,
  exp,
  type Graph,
  less,
  min,
  mul,
  neg,
  reduceSum,
  stopGradient,
  sub,
  type Value,
  where,
} from '../../graph/index.ts'
import type { LossSettings } from './batch.ts'

/** Fed to every loss. S sequences (completions) of T target slots each. */
export interface LossInputs {
  /** [S, T]: 1 on targets, 0 in the padding. */
  readonly mask: Value
  /** [S, T]: what each target's loss is multiplied by (`tokenWeights`); 0 in the padding. */
  readonly weights: Value
}

/** Additional inputs of policy losses. */
export interface PolicyInputs extends LossInputs {
  /** [S, 1]. */
  readonly advantages: Value
  /** [S, T]: log-probabilities of the policy that sampled, where `onPolicy` is 0. */
  readonly old: Value
  /** [S, 1]: 1 where the weights have not changed since sampling, so that the ratio is 1 by definition. */
  readonly onPolicy: Value
  /** [S, 1]: 1 / number of targets. Needed by gspo, whose ratio is one a sequence; without it ratios are per token. */
  readonly inverseCounts?: Value
  /** [S, T]: log-probabilities of the reference. Needed where beta > 0; without it there is no KL term. */
  readonly reference?: Value
}

const totalOf = (perToken: Value, { weights }: LossInputs): Value => reduceSum(mul(perToken, weights))

/** Weighted sum of negative log-likelihoods. logProbs [S, T], zero in the padding. */
export const sftLoss = (logProbs: Value, inputs: LossInputs): Value => neg(totalOf(logProbs, inputs))

/** The clipped surrogate of `loss` (see `LossSettings`) with its KL term. logProbs [S, T], zero in the padding. */
export const policyLoss = (
  graph: Graph,
  loss: Exclude<LossSettings, { kind: 'sft' }>,
  logProbs: Value,
  inputs: PolicyInputs,
): Value => {
  const fresh = less(graph.constant(0.5), inputs.onPolicy)
  const old = where(fresh, stopGradient(logProbs), inputs.old)
  const difference = mul(sub(logProbs, old), inputs.mask)
  const logRatio =
    inputs.inverseCounts === undefined
      ? difference
      : mul(reduceSum(difference, [1], true), inputs.inverseCounts)
  const ratio = exp(logRatio)
  const clipped = clip(ratio, 1 - loss.clipLow, 1 + loss.clipHigh)
  const surrogate = min(mul(ratio, inputs.advantages), mul(clipped, inputs.advantages))
  // gspo's surrogate is one number a sequence; its weights spread it over the tokens.
  const gain = totalOf(surrogate, inputs)
  if (inputs.reference === undefined) return neg(gain)
  const gap = mul(sub(inputs.reference, logProbs), inputs.mask)
  const kl = sub(sub(exp(gap), gap), 1)
  return sub(mul(totalOf(kl, inputs), loss.beta), gain)
}

/** Entropy of softmax(scores) over the last axis, [..., 1], from the scores and their log-sum-exp. */
export const entropyOf = (scores: Value, logSum: Value): Value => {
  const shares = exp(sub(scores, logSum))
  return add(logSum, neg(reduceSum(mul(shares, scores), [-1], true)))
}
