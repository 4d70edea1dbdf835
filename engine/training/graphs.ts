import { concat, type Dim, Graph, gradients, reshape, type Value } from '../../graph/index.ts'
import { graphWeights, type Model, type Weights } from '../architectures/index.ts'
import type { FrameShape } from '../frame-inputs.ts'
import type { LossSettings } from './batch.ts'
import { type PackedDims, type PackedOutputs, packedForward } from './forward.ts'
import { type LoraSettings, withAdapters } from './lora.ts'
import { policyLoss, sftLoss } from './losses.ts'

/** Which weights learn. */
export interface Trainable {
  /** Leave the vision tower as it is (its gradient is then not computed). Default false. */
  readonly freezeVision?: boolean
  /** Train low-rank adapters of the decoder instead of the weights; the vision tower is then frozen. */
  readonly lora?: LoraSettings
}

/** Prefix of the outputs that are gradients; the parameter's name follows. */
export const gradientPrefix = 'gradient:'

/** The output that holds all gradients one after the other, in the alphabetical order of the parameters' names. */
export const allGradients = 'gradients'

/** Whether a parameter learns. */
export const learns = (name: string, { freezeVision = false, lora }: Trainable): boolean =>
  lora !== undefined
    ? name.endsWith('.lora_a') || name.endsWith('.lora_b')
    : !(freezeVision && name.startsWith('model.visual.'))

const weightsOf = (graph: Graph, model: Model, { lora }: Trainable): Weights => {
  const plain = graphWeights(graph)
  return lora === undefined ? plain : withAdapters(graph, model, lora, plain)
}

/** Log-probabilities of packed completions; output `log_probs` [S, T]. */
export const scoreGraph = (
  model: Model,
  dims: PackedDims,
  frame: FrameShape,
  trainable: Trainable = {},
): Graph => {
  const graph = new Graph('score')
  const outputs = packedForward(graph, model, weightsOf(graph, model, trainable), dims, frame)
  graph.output('log_probs', outputs.logProbs)
  return graph
}

const lossOf = (
  graph: Graph,
  loss: LossSettings,
  { rows, group, targets }: PackedDims,
  outputs: PackedOutputs,
): Value => {
  const sequences: Dim =
    typeof rows === 'number' && typeof group === 'number' ? rows * group : `${rows}*${group}`
  const slots = [sequences, targets]
  const column = [sequences, 1]
  const inputs = { mask: outputs.mask, weights: graph.input('weights', 'float32', slots) }
  if (loss.kind === 'sft') return sftLoss(outputs.logProbs, inputs)
  const advantages = graph.input('advantages', 'float32', column)
  const old = graph.input('old', 'float32', slots)
  const onPolicy = graph.input('on_policy', 'float32', column)
  return policyLoss(graph, loss, outputs.logProbs, {
    ...inputs,
    advantages,
    old,
    onPolicy,
    ...(loss.kind === 'gspo' && { inverseCounts: graph.input('inverse_counts', 'float32', column) }),
    ...(loss.beta > 0 && { reference: graph.input('reference', 'float32', slots) }),
  })
}

/**
 * The loss of a packed micro-batch and its gradients: outputs `loss`, `log_probs`, `entropy` and one
 * `gradient:NAME` for each parameter that learns; `together`, the one output `gradients` instead, since a device takes
 * about a millisecond to hand back an output of whatever size. `block`: see `packedForward`.
 */
export const updateGraph = (
  model: Model,
  dims: PackedDims,
  frame: FrameShape,
  loss: LossSettings,
  trainable: Trainable,
  { together = false, block }: { readonly together?: boolean; readonly block?: number | undefined } = {},
): Graph => {
  const graph = new Graph(`update-${loss.kind}`)
  const outputs = packedForward(graph, model, weightsOf(graph, model, trainable), dims, frame, block)
  const total = lossOf(graph, loss, dims, outputs)
  graph.output('loss', total)
  graph.output('log_probs', outputs.logProbs)
  graph.output('entropy', outputs.entropy)
  const wanted = graph.parameters
    .filter(({ name }) => learns(name, trainable))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const found = gradients(total, wanted)
  if (together) {
    const flat = found.map((gradient) => reshape(gradient, [-1]))
    graph.output(allGradients, concat(flat, 0))
  } else
    found.forEach((gradient, index) => {
      graph.output(gradientPrefix + wanted[index]!.name, gradient)
    })
  return graph
}
