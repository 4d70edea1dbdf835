import { sigmoid } from './elementwise.ts'
import { requireType, single, type Value } from './graph.ts'

/** `x sigmoid(x)`, also called swish. */
export const silu = (x: Value): Value => {
  requireType('silu', x, 'float32')
  const inputs = [x, sigmoid(x)]
  return single(x.graph, { op: 'Mul', inputs, shape: x.shape, gradient: 'Silu', parents: [x] })
}

/** The Gaussian error linear unit; `tanh` selects the approximation PyTorch calls gelu_pytorch_tanh. */
export const gelu = (x: Value, { tanh = false }: { tanh?: boolean } = {}): Value => {
  requireType('gelu', x, 'float32')
  const attributes = { approximate: tanh ? 'tanh' : 'none' }
  return single(x.graph, { op: 'Gelu', inputs: [x], attributes, shape: x.shape })
}
