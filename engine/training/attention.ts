import {
  add,
  concat,
  type Dim,
  matmul,
  multiplyDims,
  reshape,
  softmax,
  split,
  transpose,
  type Value,
} from '../../graph/index.ts'
import { type Attend, groupedAttention } from '../attention.ts'

export interface PackedMasks {
  /** Prompt tokens of a row, completions of a row, tokens of a completion. */
  readonly prompt: Dim
  readonly group: Dim
  readonly completion: Dim
  /** [rows, 1, 1, prompt], additive: hides a prompt's padding from the completions. */
  readonly promptMask: Value
  /** [prompt, prompt] and [completion, completion], additive and causal. */
  readonly promptCausal: Value
  readonly completionCausal: Value
}

/**
 * Attention of a packed row: the prompt sees itself, each completion sees the prompt and itself. The three blocks of
 * scores that exist are computed, the ones between completions are not, so a group costs little more than its prompt.
 * Padding is on the right of the prompt and of each completion, where causality already hides it from its own block.
 */
export const packedAttend =
  (masks: PackedMasks): Attend =>
  (_layer, q, k, v) => {
    const { prompt, group, completion } = masks
    const [, heads, , headDim] = q.shape
    const kvHeads = k.shape[1]
    if (typeof heads !== 'number' || typeof kvHeads !== 'number' || typeof headDim !== 'number')
      throw new RangeError('packedAttend: heads and head width must be known')
    const shared = heads / kvHeads
    const scale = { transB: true, alpha: headDim ** -0.5 }
    const own = multiplyDims(group, completion)
    const parts = (x: Value) => split(x, [prompt, own], 2)
    const [promptK, allOwnK] = parts(k)
    const [promptV, allOwnV] = parts(v)
    // The last layer asks queries of the completions only.
    const [promptQ, questions] = q.shape[2] === k.shape[2] ? parts(q) : [undefined, q]

    // The queries of one key head and one completion lie side by side: [rows, kv, group, shared * completion, Dh].
    const byHead = reshape(questions!, [0, kvHeads, shared, group, completion, headDim])
    const byCompletion = transpose(byHead, [0, 1, 3, 2, 4, 5])
    const stacked = reshape(byCompletion, [0, kvHeads, -1, headDim])
    const queries = reshape(byCompletion, [0, kvHeads, group, -1, headDim])
    const ownK = reshape(allOwnK!, [0, kvHeads, group, completion, headDim])
    const ownV = reshape(allOwnV!, [0, kvHeads, group, completion, headDim])
    const toPrompt = add(matmul(stacked, promptK!, scale), masks.promptMask)
    const toOwn = add(
      reshape(matmul(queries, ownK, scale), [0, kvHeads, group, shared, completion, completion]),
      masks.completionCausal,
    )
    const scores = concat([toPrompt, reshape(toOwn, [0, kvHeads, -1, completion])], 3)
    const [promptShares, ofOwn] = split(softmax(scores, -1), [prompt, completion], 3)
    const fromPrompt = matmul(promptShares!, promptV!)
    const ownShares = reshape(ofOwn!, [0, kvHeads, group, -1, completion])
    const fromOwn = reshape(matmul(ownShares, ownV), [0, kvHeads, -1, headDim])
    const context = reshape(add(fromPrompt, fromOwn), [0, kvHeads, group, shared, completion, headDim])
    const after = reshape(transpose(context, [0, 1, 3, 2, 4, 5]), [0, heads, -1, headDim])
    if (promptQ === undefined) return after
    const before = groupedAttention(promptQ, promptK!, promptV!, masks.promptCausal)
    return concat([before, after], 2)
  }
