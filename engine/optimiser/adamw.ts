import { add, div, Graph, mul, sqrt, square, sub } from '../../graph/index.ts'

export interface AdamWSettings {
  readonly beta1: number
  readonly beta2: number
  /** Added to the root of the second moment. */
  readonly epsilon: number
  /** Decoupled: each step shrinks a decayed weight by learning rate x this. */
  readonly weightDecay: number
}

/** PyTorch's defaults, but without weight decay. */
export const defaultAdamW: AdamWSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }

/** Longest gradient, by global norm, and what scales it down to that: min(1, limit / norm), as PyTorch computes it. */
export const clipFactor = (norm: number, limit: number): number => Math.min(1, limit / (norm + 1e-6))

/**
 * One AdamW step (Loshchilov and Hutter 2019) over a run of `n` weights: inputs weight, gradient, first, second
 * [n]; outputs of the same names with `next_`. Every element depends on its own index only and each state is read
 * before it is written, so an output may lie in its input's memory. Scalars: `gradient_scale` multiplies the
 * gradient, `keep` (1 - learning rate x decay) the weight, `rate` is learning rate / (1 - beta1^t), and
 * `correction` is 1 / sqrt(1 - beta2^t).
 */
export const adamwGraph = ({ beta1, beta2, epsilon }: AdamWSettings): Graph => {
  const graph = new Graph('adamw')
  const run = (name: string) => graph.input(name, 'float32', ['n'])
  const scalar = (name: string) => graph.input(name, 'float32', [])
  const weight = run('weight')
  const gradient = mul(run('gradient'), scalar('gradient_scale'))
  const first = add(mul(run('first'), beta1), mul(gradient, 1 - beta1))
  const second = add(mul(run('second'), beta2), mul(square(gradient), 1 - beta2))
  const width = add(mul(sqrt(second), scalar('correction')), epsilon)
  const move = mul(div(first, width), scalar('rate'))
  graph.output('next_weight', sub(mul(weight, scalar('keep')), move))
  graph.output('next_first', first)
  graph.output('next_second', second)
  return graph
}

/** The scalar inputs of step `t` (counted from 1); `decayed` says whether weight decay applies. */
export const adamwScalars = (
  { beta1, beta2, weightDecay }: AdamWSettings,
  t: number,
  learningRate: number,
  decayed: boolean,
) => ({
  keep: decayed ? 1 - learningRate * weightDecay : 1,
  rate: learningRate / (1 - beta1 ** t),
  correction: 1 / Math.sqrt(1 - beta2 ** t),
})
