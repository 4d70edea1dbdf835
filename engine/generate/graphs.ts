import { Graph, linear, mul, softmax, type Value } from '../../graph/index.ts'
import { graphWeights, type Model } from '../architectures/index.ts'
import { type Attend, groupedAttention } from '../attention.ts'
import { type FrameShape, frameInputs } from '../frame-inputs.ts'
import { type LayerCache, stepAttend } from './attention.ts'

/**
 * Vision tower and decoder over prompts [rows, prompt] without their last token, which the first decoding step takes.
 * Outputs: `key.I`, `value.I` [rows, kv, prompt, Dh] of every layer; nothing after the last layer's is computed.
 */
export const prefillGraph = (model: Model, frame: FrameShape): Graph => {
  const graph = new Graph('prefill')
  const weights = graphWeights(graph)
  const half = model.text.headDim / 2
  const ids = graph.input('ids', 'int64', ['rows', 'prompt'])
  const cos = graph.input('cos', 'float32', ['rows', 'prompt', half])
  const sin = graph.input('sin', 'float32', ['rows', 'prompt', half])
  const causal = graph.input('causal', 'float32', ['prompt', 'prompt'])
  const attend: Attend = (layer, q, k, v) => {
    graph.output(`key.${layer}`, k)
    graph.output(`value.${layer}`, v)
    return groupedAttention(q, k, v, causal)
  }
  const frames = frameInputs(graph, model, 'frames', frame)
  model.hidden(graph, weights, { ids, cos, sin, frames, attend })
  return graph
}

/**
 * One decoding step for `samples` continuations of each of `rows` prompts. Outputs: `shares` [rows, samples, V], the
 * softmax of the logits times `inverse_temperature`, and the step's `new_key.I`, `new_value.I` [rows, kv, samples, Dh].
 */
export const stepGraph = (model: Model): Graph => {
  const graph = new Graph('step')
  const weights = graphWeights(graph)
  const { headDim, kvHeads, layers } = model.text
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
  const hidden = model.hidden(graph, weights, { ids, cos, sin, frames: [], attend })
  // Scaling the hidden rows is scaling the logits, at a fraction of the width.
  const scale = graph.input('inverse_temperature', 'float32', [rows, samples, 1])
  graph.output('shares', softmax(linear(mul(hidden, scale), model.head(weights)), -1))
  return graph
}
