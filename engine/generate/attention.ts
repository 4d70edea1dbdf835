import {
  add,
  concat,
  type Dim,
  matmul,
  mul,
  reshape,
  softmax,
  split,
  transpose,
  type Value,
} from '../../graph/index.ts'
import type { Attend } from '../attention.ts'

/** Keys and values of one layer that a decoding step reads. */
export interface LayerCache {
  /** [rows, kv, prompt, Dh]: one copy for all samples of a prompt. */
  readonly promptKey: Value
  readonly promptValue: Value
  /** [rows, kv, samples, cached, Dh]: what each sample has added since. */
  readonly ownKey: Value
  readonly ownValue: Value
}

export interface StepMasks {
  readonly samples: Dim
  readonly prompt: Dim
  readonly cached: Dim
  /** [rows, 1, 1, prompt], additive: hides the padding of shorter prompts. */
  readonly promptMask: Value
  /** [cached], additive: hides the part of the buffers that is not filled yet. */
  readonly cachedMask: Value
}

/**
 * Attention of one decoding step, where the length axis of q, k and v holds the samples of a row's prompt. All samples'
 * queries multiply the one prompt key; each also attends to its own later keys and itself. `record` receives the step's
 * new keys and values, each [rows, kv, samples, Dh].
 */
export const stepAttend =
  (
    caches: ReadonlyArray<LayerCache>,
    masks: StepMasks,
    record: (layer: number, key: Value, value: Value) => void,
  ): Attend =>
  (layer, q, k, v) => {
    record(layer, k, v)
    const { samples, prompt, cached } = masks
    const cache = caches[layer]!
    const [, heads, , headDim] = q.shape
    const kvHeads = k.shape[1]
    if (typeof heads !== 'number' || typeof kvHeads !== 'number' || typeof headDim !== 'number')
      throw new RangeError('stepAttend: heads and head width must be known')
    const shared = heads / kvHeads
    const scale = { transB: true, alpha: headDim ** -0.5 }
    // [rows, kv, samples, shared, Dh]: the queries of one sample that share a key head lie side by side.
    const bySample = transpose(reshape(q, [0, kvHeads, shared, samples, headDim]), [0, 1, 3, 2, 4])
    const own = (x: Value) => reshape(x, [0, kvHeads, samples, 1, headDim])
    const stacked = reshape(bySample, [0, kvHeads, -1, headDim])
    const toPrompt = add(matmul(stacked, cache.promptKey, scale), masks.promptMask)
    const toCached = add(matmul(bySample, cache.ownKey, scale), masks.cachedMask)
    const toSelf = matmul(bySample, own(k), scale)
    // The prompt's scores are by far the largest: the others are brought into their shape.
    const flat = (x: Value, width: Dim) => reshape(x, [0, kvHeads, -1, width])
    const apart = (x: Value, width: Dim) => reshape(x, [0, kvHeads, samples, shared, width])
    const scores = concat([toPrompt, flat(toCached, cached), flat(toSelf, 1)], 3)
    const [ofPrompt, ofCached, ofSelf] = split(softmax(scores, -1), [prompt, cached, 1], 3)
    const fromOwn = add(matmul(apart(ofCached!, cached), cache.ownValue), mul(apart(ofSelf!, 1), own(v)))
    const context = add(apart(matmul(ofPrompt!, cache.promptValue), headDim), fromOwn)
    return reshape(transpose(context, [0, 1, 3, 2, 4]), [0, heads, samples, headDim])
  }
