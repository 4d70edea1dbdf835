import {
  type Dim,
  type Graph,
  gather,
  linear,
  logSumExp,
  mul,
  pick,
  reshape,
  stopGradient,
  sub,
  type TokenStatistics,
  tokenStatistics,
  type Value,
} from '../../graph/index.ts'
import type { Model, Weights } from '../architectures/index.ts'
import { type FrameShape, frameInputs } from '../frame-inputs.ts'
import { packedAttend } from './attention.ts'
import { entropyOf } from './losses.ts'

/** Lengths of a packed micro-batch (see `Layout`) as the graph knows them. */
export interface PackedDims {
  readonly rows: Dim
  readonly prompt: Dim
  readonly group: Dim
  readonly completion: Dim
  readonly targets: Dim
  readonly frames: Dim
}

/** All lengths open: one graph serves every layout. */
export const openDims: PackedDims = {
  rows: 'rows',
  prompt: 'prompt',
  group: 'group',
  completion: 'completion',
  targets: 'targets',
  frames: 'frames',
}

/** Tokens of a packed row. */
export const rowLength = (dims: PackedDims): Dim =>
  typeof dims.prompt === 'number' && typeof dims.group === 'number' && typeof dims.completion === 'number'
    ? dims.prompt + dims.group * dims.completion
    : `${dims.prompt}+${dims.group}*${dims.completion}`

export interface PackedOutputs {
  /** [S, T]: log-probability of each target under softmax(logits / temperature); 0 in the padding. */
  readonly logProbs: Value
  /** [S, T]: entropy of that distribution, no gradient. */
  readonly entropy: Value
  /** [S, T]: 1 on targets. */
  readonly mask: Value
}

/**
 * Tokens of the vocabulary whose scores are computed together: 1024 targets then take 32 MB at a time, whatever the
 * vocabulary. A smaller one than two such blocks is computed at once, which takes a pass less.
 */
const vocabularyBlock = 8192

/**
 * The forward pass of a packed micro-batch: vision tower, decoder under the packed attention, and log-probabilities of
 * the targets only. Adds the inputs that `forwardFeeds` fills.
 */
export const packedForward = (
  graph: Graph,
  model: Model,
  weights: Weights,
  dims: PackedDims,
  frame: FrameShape,
  block = vocabularyBlock,
): PackedOutputs => {
  const { rows, prompt, group, completion, targets } = dims
  const length = rowLength(dims)
  const half = model.text.headDim / 2
  const ids = graph.input('ids', 'int64', [rows, length])
  const cos = graph.input('cos', 'float32', [rows, length, half])
  const sin = graph.input('sin', 'float32', [rows, length, half])
  const attend = packedAttend({
    prompt,
    group,
    completion,
    promptMask: graph.input('prompt_mask', 'float32', [rows, 1, 1, prompt]),
    promptCausal: graph.input('prompt_causal', 'float32', [prompt, prompt]),
    completionCausal: graph.input('completion_causal', 'float32', [completion, completion]),
  })
  const targetMask = graph.input('target_mask', 'float32', [rows, group, targets])
  const targetRows = graph.input('target_rows', 'int64', [rows, group, targets])
  const targetIds = graph.input('target_ids', 'int64', [rows, group, targets])
  const inverseTemperature = graph.input('inverse_temperature', 'float32', [])

  const frames = frameInputs(graph, model, dims.frames, frame)
  const hidden = model.hidden(graph, weights, { ids, cos, sin, frames, attend, tail: prompt })
  const flat = reshape(hidden, [-1, model.text.hiddenSize])
  const chosen = gather(flat, reshape(targetRows, [-1]), 0, { distinct: true })
  const slots = [-1, targets] as const
  const mask = reshape(targetMask, slots)
  // Scaling the hidden rows is scaling the logits, at a fraction of the width.
  const { logProbs, entropy } = statistics(
    model,
    weights,
    mul(chosen, inverseTemperature),
    reshape(targetIds, [-1]),
    block,
  )
  return {
    logProbs: mul(reshape(logProbs, slots), mask),
    entropy: mul(reshape(stopGradient(entropy), slots), mask),
    mask,
  }
}

/** Of each row of hidden states [N, D]: the log-probability of its token, and the entropy, [N]. */
const statistics = (
  model: Model,
  weights: Weights,
  hidden: Value,
  tokens: Value,
  block: number,
): TokenStatistics => {
  if (model.text.vocabSize >= 2 * block) return tokenStatistics(hidden, model.head(weights), tokens, block)
  const scores = linear(hidden, model.head(weights))
  const logSum = logSumExp(scores, -1, true)
  return {
    logProbs: sub(pick(scores, tokens), reshape(logSum, [-1])),
    entropy: reshape(entropyOf(stopGradient(scores), stopGradient(logSum)), [-1]),
  }
}
