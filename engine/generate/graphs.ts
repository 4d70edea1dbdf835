import { Graph, mul, softmax, type Value } from '../../graph/index.ts'
import {
  type Attend,
  embed,
  graphWeights,
  groupedAttention,
  inject,
  logits,
  patchLength,
  type Qwen3VlConfig,
  text,
  vision,
} from '../qwen3vl/index.ts'

import { type LayerCache, stepAttend } from './attention.ts'

export type FrameShape = { readonly height: number; readonly width: number } | undefined

/**
 * Vision tower and decoder over prompts [rows, prompt] without their last token, which the first decoding step takes.
 * Outputs: `key.I`, `value.I` [rows, kv, prompt, Dh] of every layer; nothing after the last layer's is computed.
 */
export const prefillGraph = (config: Qwen3VlConfig, frame: FrameShape): Graph => {
  const graph = new Graph('prefill')
  const weights = graphWeights(graph)
  const half = config.text.headDim / 2
  const ids = graph.input('ids', 'int64', ['rows', 'prompt'])
  const cos = graph.input('cos', 'float32', ['rows', 'prompt', half])
  const sin = graph.input('sin', 'float32', ['rows', 'prompt', half])
  const causal = graph.input('causal', 'float32', ['prompt', 'prompt'])
  const attend: Attend = (layer, q, k, v) => {
    graph.output(`key.${layer}`, k)
    graph.output(`value.${layer}`, v)
    return groupedAttention(q, k, v, causal)
  }
  const embeddings = embed(config, weights, ids)
  const seen = (() => {
    if (frame === undefined) return undefined
    const patches = frame.height * frame.width
    const pixels = graph.input('pixels', 'float32', ['frames', patches, patchLength(config.vision)])
    const perFrame = patches / config.vision.mergeSize ** 2
    const visualRows = graph.input('visual_rows', 'int64', [`frames*${perFrame}`])
    return { visualRows, ...vision(graph, config, weights, { pixels, ...frame }) }
  })()
  text(config, weights, {
    embeddings: seen === undefined ? embeddings : inject(embeddings, seen.visualRows, seen.tokens),
    cos,
    sin,
    attend,
    ...(seen !== undefined && { visualRows: seen.visualRows, deepstack: seen.deepstack }),
  })
  return graph
}

/**
 * One decoding step for `samples` continuations of each of `rows` prompts. Outputs: `shares` [rows, samples, V], the
 * softmax of the logits times `inverse_temperature`, and the step's `new_key.I`, `new_value.I` [rows, kv, samples, Dh].
 */
export const stepGraph = (config: Qwen3VlConfig): Graph => {
  const graph = new Graph('step')
  const weights = graphWeights(graph)
  const { headDim, kvHeads, layers } = config.text
  const [rows, samples, prompt, cached] = ['rows', 'samples', 'prompt', 'cached'] as const
  const ids = graph.input('ids', 'int64', [rows, samples])
  const cos = graph.input('cos', 'float32', [rows, samples, headDim / 2])
  const sin = graph.input('sin', 'float32', [rows, samples, headDim / 2])
  const masks = {
    samples,
    prompt,
    cached,
    promptMask: graph.input('prompt_mask', 'float32', [rows, 1, 1, prompt]),
    cachedMask: graph.input('cached_mask', 'float32', [cached]),
  }
  const caches = Array.from({ length: layers }, (_, layer): LayerCache => {
    const own = (name: string) =>
      graph.input(`${name}.${layer}`, 'float32', [rows, kvHeads, samples, cached, headDim])
    const ofPrompt = (name: string) =>
      graph.input(`prompt_${name}.${layer}`, 'float32', [rows, kvHeads, prompt, headDim])
    return {
      promptKey: ofPrompt('key'),
      promptValue: ofPrompt('value'),
      ownKey: own('key'),
      ownValue: own('value'),
    }
  })
  const record = (layer: number, key: Value, value: Value) => {
    graph.output(`new_key.${layer}`, key)
    graph.output(`new_value.${layer}`, value)
  }
  const attend = stepAttend(caches, masks, record)
  const hidden = text(config, weights, { embeddings: embed(config, weights, ids), cos, sin, attend })
  // Scaling the hidden rows is scaling the logits, at a fraction of the width.
  const scale = graph.input('inverse_temperature', 'float32', [rows, samples, 1])
  graph.output('shares', softmax(logits(config, weights, mul(hidden, scale)), -1))
  return graph
}
