import {
  type Dim,
  type Graph,
  gather,
  logSumExp,
  mul,
  pick,
  reshape,
  stopGradient,
  sub,
  type Value,
} from '../../graph/index.ts'
import {
  embed,
  inject,
  logits,
  patchLength,
  type Qwen3VlConfig,
  text,
  vision,
  type Weights,
} from '../qwen3vl/index.ts'
import { packedAttend } from './attention.ts'
import { entropyOf } from './losses.ts'

/** Patch rows and columns of a frame; undefined for prompts without video. */
export type FrameShape = { readonly height: number; readonly width: number } | undefined

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

const times = (dim: Dim, factor: number): Dim => (typeof dim === 'number' ? dim * factor : `${dim}*${factor}`)

export interface PackedOutputs {
  /** [S, T]: log-probability of each target under softmax(logits / temperature); 0 in the padding. */
  readonly logProbs: Value
  /** [S, T]: entropy of that distribution, no gradient. */
  readonly entropy: Value
  /** [S, T]: 1 on targets. */
  readonly mask: Value
}

/**
 * The forward pass of a packed micro-batch: vision tower, decoder under the packed attention, and log-probabilities of
 * the targets only. Adds the inputs that `forwardFeeds` fills.
 */
export const packedForward = (
  graph: Graph,
  config: Qwen3VlConfig,
  weights: Weights,
  dims: PackedDims,
  frame: FrameShape,
): PackedOutputs => {
  const { rows, prompt, group, completion, targets } = dims
  const length = rowLength(dims)
  const half = config.text.headDim / 2
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

  const embeddings = embed(config, weights, ids)
  const seen = frame === undefined ? undefined : seeing(graph, config, weights, dims, frame)
  const hidden = text(config, weights, {
    embeddings: seen === undefined ? embeddings : inject(embeddings, seen.visualRows, seen.tokens),
    cos,
    sin,
    attend,
    tail: prompt,
    ...(seen !== undefined && { visualRows: seen.visualRows, deepstack: seen.deepstack }),
  })
  const flat = reshape(hidden, [-1, config.text.hiddenSize])
  const chosen = gather(flat, reshape(targetRows, [-1]), 0, { distinct: true })
  // Scaling the hidden rows is scaling the logits, at a fraction of the width.
  const scores = logits(config, weights, mul(chosen, inverseTemperature))
  const logSum = logSumExp(scores, -1, true)
  const slots = [-1, targets] as const
  const mask = reshape(targetMask, slots)
  const picked = sub(pick(scores, reshape(targetIds, [-1])), reshape(logSum, [-1]))
  const entropy = stopGradient(entropyOf(stopGradient(scores), stopGradient(logSum)))
  return {
    logProbs: mul(reshape(picked, slots), mask),
    entropy: mul(reshape(entropy, slots), mask),
    mask,
  }
}

const seeing = (
  graph: Graph,
  config: Qwen3VlConfig,
  weights: Weights,
  { frames }: PackedDims,
  { height, width }: { readonly height: number; readonly width: number },
) => {
  const patches = height * width
  const pixels = graph.input('pixels', 'float32', [frames, patches, patchLength(config.vision)])
  const perFrame = patches / config.vision.mergeSize ** 2
  const visualRows = graph.input('visual_rows', 'int64', [times(frames, perFrame)])
  return { visualRows, ...vision(graph, config, weights, { pixels, height, width }) }
}
