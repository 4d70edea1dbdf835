import {
  add,
  attention,
  type Dim,
  gather,
  linear,
  mul,
  reshape,
  rmsNorm,
  rotary,
  scatterRows,
  silu,
  slice,
  transpose,
  type Value,
} from '../../graph/index.ts'
import type { Qwen3VlConfig } from './config.ts'
import type { Weights } from './weights.ts'

/**
 * What each query sees. q is [B, Hq, L, Dh], k and v are [B, Hkv, L, Dh]; q and k are normed and rotated, not scaled.
 * Returns the context [B, Hq, L, Dh].
 */
export type Attend = (layer: number, q: Value, k: Value, v: Value) => Value

export interface TextInputs {
  /** [B, L, D], visual rows already put in (see `inject`). */
  readonly embeddings: Value
  /** [B, L, Dh / 2], from `textRope`. */
  readonly cos: Value
  readonly sin: Value
  /** int64 [M]: the rows of the flattened [B * L] that are visual tokens. Needed with `deepstack`. */
  readonly visualRows?: Value
  /** From `vision`: each [M, D], added to the visual rows after text layer 0, 1, ... */
  readonly deepstack?: ReadonlyArray<Value>
  readonly attend: Attend
  /**
   * Only positions from here on are wanted after the last layer; it then asks no queries for the ones before, of which
   * it needs keys and values only.
   */
  readonly tail?: Dim
}

/** Token embeddings [B, L, D] of ids [B, L]. */
export const embed = (config: Qwen3VlConfig, weights: Weights, ids: Value): Value =>
  gather(
    weights('model.language_model.embed_tokens.weight', [config.text.vocabSize, config.text.hiddenSize]),
    ids,
    0,
  )

/** Replaces the visual rows of embeddings [B, L, D] by the vision tower's tokens [M, D]. */
export const inject = (embeddings: Value, visualRows: Value, tokens: Value): Value => {
  const width = embeddings.shape.at(-1)!
  const flat = scatterRows(reshape(embeddings, [-1, width]), visualRows, tokens)
  return reshape(flat, embeddings.shape)
}

/**
 * The Qwen3 decoder (transformers `Qwen3VLTextModel`): hidden states [B, L, D] after the final norm, or those from
 * `tail` on.
 */
export const text = (config: Qwen3VlConfig, weights: Weights, inputs: TextInputs): Value => {
  const settings = config.text
  const { hiddenSize, heads, kvHeads, headDim, intermediateSize, rmsNormEps } = settings
  const dense = (x: Value, name: string, out: number, input: number) =>
    linear(x, weights(`${name}.weight`, [out, input]))
  const norm = (x: Value, name: string, size: number) =>
    rmsNorm(x, weights(`${name}.weight`, [size]), rmsNormEps)

  const selfAttention = (x: Value, layer: number, name: string, wanted: (x: Value) => Value): Value => {
    const headsOf = (from: Value, projection: string, count: number) =>
      reshape(dense(from, `${name}.${projection}`, count * headDim, hiddenSize), [0, 0, count, headDim])
    const byHead = (value: Value) => transpose(value, [0, 2, 1, 3])
    const q = rotary(
      byHead(norm(headsOf(wanted(x), 'q_proj', heads), `${name}.q_norm`, headDim)),
      wanted(inputs.cos),
      wanted(inputs.sin),
    )
    const k = rotary(
      byHead(norm(headsOf(x, 'k_proj', kvHeads), `${name}.k_norm`, headDim)),
      inputs.cos,
      inputs.sin,
    )
    const v = byHead(headsOf(x, 'v_proj', kvHeads))
    const context = inputs.attend(layer, q, k, v)
    const rows = reshape(transpose(context, [0, 2, 1, 3]), [0, 0, heads * headDim])
    return dense(rows, `${name}.o_proj`, hiddenSize, heads * headDim)
  }

  const mlp = (x: Value, name: string): Value => {
    const gate = silu(dense(x, `${name}.gate_proj`, intermediateSize, hiddenSize))
    const up = dense(x, `${name}.up_proj`, intermediateSize, hiddenSize)
    return dense(mul(gate, up), `${name}.down_proj`, hiddenSize, intermediateSize)
  }

  let hidden = inputs.embeddings
  for (let i = 0; i < settings.layers; i++) {
    const layer = `model.language_model.layers.${i}`
    const feature = inputs.deepstack?.[i]
    const { tail } = inputs
    const wanted = (x: Value) =>
      tail === undefined || i < settings.layers - 1 || feature !== undefined
        ? x
        : slice(x, { axis: 1, start: tail })
    hidden = add(
      wanted(hidden),
      selfAttention(norm(hidden, `${layer}.input_layernorm`, hiddenSize), i, `${layer}.self_attn`, wanted),
    )
    hidden = add(hidden, mlp(norm(hidden, `${layer}.post_attention_layernorm`, hiddenSize), `${layer}.mlp`))
    if (feature !== undefined) {
      if (inputs.visualRows === undefined) throw new RangeError('text: deepstack needs visualRows')
      const flat = scatterRows(reshape(hidden, [-1, hiddenSize]), inputs.visualRows, feature, { add: true })
      hidden = reshape(flat, inputs.embeddings.shape)
    }
  }
  const last = settings.layers - 1
  const { tail, deepstack } = inputs
  // A DeepStack feature of the last layer is added by row number, so that layer was then computed whole.
  const kept =
    tail !== undefined && deepstack?.[last] !== undefined ? slice(hidden, { axis: 1, start: tail }) : hidden
  return norm(kept, 'model.language_model.norm', hiddenSize)
}

/** Scores of the next token, [..., V], from hidden states [..., D]. */
export const logits = (config: Qwen3VlConfig, weights: Weights, hidden: Value): Value => {
  const name = config.tieWordEmbeddings ? 'model.language_model.embed_tokens.weight' : 'lm_head.weight'
  return linear(hidden, weights(name, [config.text.vocabSize, config.text.hiddenSize]))
}

/**
 * Grouped-query attention without repeating keys and values. q [B, Hq, L, Dh]; k and v [B, Hkv, S, Dh]; `mask` is added
 * to the scores and must broadcast to [B, Hq, L, S] (0 where seen, a large negative number where not). Returns
 * [B, Hq, L, Dh].
 */
export const groupedAttention = (q: Value, k: Value, v: Value, mask?: Value): Value =>
  attention(q, k, v, mask === undefined ? {} : { bias: mask })

/** Plain attention under one additive mask, [L, L] or [B, 1, L, L], for whole sequences. */
export const causalAttend =
  (mask: Value): Attend =>
  (_layer, q, k, v) =>
    groupedAttention(q, k, v, mask)

/** The additive causal mask [L, L] row-major. */
export const causalMask = (length: number): Float32Array => {
  const mask = new Float32Array(length * length)
  for (let row = 0; row < length; row++) mask.fill(-1e9, row * length + row + 1, (row + 1) * length)
  return mask
}
