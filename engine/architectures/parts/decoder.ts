import {
  add,
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
} from '../../../graph/index.ts'
import type { ForwardInputs, Weights } from '../contract.ts'
import type { NamedShape } from './weights.ts'

/** Sizes of a decoder of the Qwen2 and Qwen3 families, and in what these differ. */
export interface DecoderSettings {
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly rmsNormEps: number
  /** Queries, keys and values have biases (Qwen2). */
  readonly attentionBias: boolean
  /** Queries and keys are normed per head before they are rotated (Qwen3). */
  readonly headNorm: boolean
  /** The output weights are the embeddings. */
  readonly tied: boolean
}

const embeddingName = 'model.language_model.embed_tokens.weight'
const layerName = (layer: number) => `model.language_model.layers.${layer}`

/** The decoder's tensors; `lm_head.weight` is absent when the embeddings are tied. */
export const decoderShapes = (settings: DecoderSettings): ReadonlyArray<NamedShape> => {
  const { vocabSize, hiddenSize, intermediateSize, heads, kvHeads, headDim } = settings
  const layers = Array.from({ length: settings.layers }, (_, i): ReadonlyArray<NamedShape> => {
    const layer = layerName(i)
    const attention = `${layer}.self_attn`
    const projections = [
      ['q_proj', heads],
      ['k_proj', kvHeads],
      ['v_proj', kvHeads],
    ] as const
    return [
      [`${layer}.input_layernorm.weight`, [hiddenSize]],
      ...projections.map(
        ([name, count]): NamedShape => [`${attention}.${name}.weight`, [count * headDim, hiddenSize]],
      ),
      ...(settings.attentionBias
        ? projections.map(([name, count]): NamedShape => [`${attention}.${name}.bias`, [count * headDim]])
        : []),
      [`${attention}.o_proj.weight`, [hiddenSize, heads * headDim]],
      ...(settings.headNorm
        ? ['q_norm', 'k_norm'].map((name): NamedShape => [`${attention}.${name}.weight`, [headDim]])
        : []),
      [`${layer}.post_attention_layernorm.weight`, [hiddenSize]],
      [`${layer}.mlp.gate_proj.weight`, [intermediateSize, hiddenSize]],
      [`${layer}.mlp.up_proj.weight`, [intermediateSize, hiddenSize]],
      [`${layer}.mlp.down_proj.weight`, [hiddenSize, intermediateSize]],
    ]
  })
  return [
    [embeddingName, [vocabSize, hiddenSize]],
    ...layers.flat(),
    ['model.language_model.norm.weight', [hiddenSize]],
    ...(settings.tied ? [] : [['lm_head.weight', [vocabSize, hiddenSize]] as const]),
  ]
}

/** Token embeddings [B, L, D] of ids [B, L]. */
export const embed = (settings: DecoderSettings, weights: Weights, ids: Value): Value =>
  gather(weights(embeddingName, [settings.vocabSize, settings.hiddenSize]), ids, 0)

/** Replaces the visual rows of embeddings [B, L, D] by the vision tower's tokens [M, D]. */
export const inject = (embeddings: Value, visualRows: Value, tokens: Value): Value => {
  const width = embeddings.shape.at(-1)!
  const flat = scatterRows(reshape(embeddings, [-1, width]), visualRows, tokens)
  return reshape(flat, embeddings.shape)
}

export interface DecoderInputs extends Pick<ForwardInputs, 'cos' | 'sin' | 'attend' | 'tail'> {
  /** [B, L, D], visual rows already put in (see `inject`). */
  readonly embeddings: Value
  /** Features added to the rows of visual tokens after layer 0, 1, ...; `rows` as in `FrameInputs`, each feature [M, D]. */
  readonly deepstack?: { readonly rows: Value; readonly features: ReadonlyArray<Value> } | undefined
}

/** The decoder: hidden states [B, L, D] after the final norm, or those from `tail` on. */
export const decode = (settings: DecoderSettings, weights: Weights, inputs: DecoderInputs): Value => {
  const { hiddenSize, heads, kvHeads, headDim, intermediateSize, rmsNormEps } = settings
  const { tail, deepstack } = inputs
  const dense = (x: Value, name: string, out: number, input: number) =>
    linear(x, weights(`${name}.weight`, [out, input]))
  const norm = (x: Value, name: string, size: number) =>
    rmsNorm(x, weights(`${name}.weight`, [size]), rmsNormEps)

  const selfAttention = (x: Value, layer: number, name: string, wanted: (x: Value) => Value): Value => {
    const headsOf = (from: Value, projection: string, count: number) => {
      const at = `${name}.${projection}`
      const bias = settings.attentionBias ? weights(`${at}.bias`, [count * headDim]) : undefined
      const rows = linear(from, weights(`${at}.weight`, [count * headDim, hiddenSize]), bias)
      return reshape(rows, [0, 0, count, headDim])
    }
    const byHead = (value: Value) => transpose(value, [0, 2, 1, 3])
    const normed = (x: Value, at: string) => (settings.headNorm ? norm(x, `${name}.${at}`, headDim) : x)
    const q = rotary(
      byHead(normed(headsOf(wanted(x), 'q_proj', heads), 'q_norm')),
      wanted(inputs.cos),
      wanted(inputs.sin),
    )
    const k = rotary(byHead(normed(headsOf(x, 'k_proj', kvHeads), 'k_norm')), inputs.cos, inputs.sin)
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
  const last = settings.layers - 1
  for (let i = 0; i <= last; i++) {
    const layer = layerName(i)
    const feature = deepstack?.features[i]
    const wanted = (x: Value) =>
      tail === undefined || i < last || feature !== undefined ? x : slice(x, { axis: 1, start: tail })
    hidden = add(
      wanted(hidden),
      selfAttention(norm(hidden, `${layer}.input_layernorm`, hiddenSize), i, `${layer}.self_attn`, wanted),
    )
    hidden = add(hidden, mlp(norm(hidden, `${layer}.post_attention_layernorm`, hiddenSize), `${layer}.mlp`))
    if (deepstack !== undefined && feature !== undefined) {
      const flat = scatterRows(reshape(hidden, [-1, hiddenSize]), deepstack.rows, feature, { add: true })
      hidden = reshape(flat, inputs.embeddings.shape)
    }
  }
  // A feature of the last layer is added by row number, so that layer was then computed whole.
  const kept =
    tail !== undefined && deepstack?.features[last] !== undefined
      ? slice(hidden, { axis: 1, start: tail })
      : hidden
  return norm(kept, 'model.language_model.norm', hiddenSize)
}

/** The output layer [V, D]; its product with hidden states [..., D] are the scores of the next token. */
export const head = (settings: DecoderSettings, weights: Weights): Value =>
  weights(settings.tied ? embeddingName : 'lm_head.weight', [settings.vocabSize, settings.hiddenSize])
