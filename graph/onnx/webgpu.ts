import { create } from '@bufbuild/protobuf'
import { type NodeProto, NodeProtoSchema } from 'onnx-buf'
import { type Dim, divisorOf } from '../dims.ts'
import type { Attribute, Node } from '../graph.ts'
import { attributeProto } from './attribute.ts'

type Multiples = Readonly<Record<string, number>>
type Rewrite = (proto: NodeProto, node: Node, multiples: Multiples) => ReadonlyArray<NodeProto>

const step = (
  owner: NodeProto,
  op: string,
  input: string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): NodeProto =>
  create(NodeProtoSchema, {
    name: `${output} of ${owner.name}`,
    opType: op,
    input,
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  })

/**
 * Its SimplifiedLayerNormalization (onnxruntime 1.30) writes the rows' mean where the operator's second output, the
 * inverse of their root mean square, belongs; gradients need that one, so it is computed separately.
 */
const rootMeanSquare: Rewrite = (proto, node) => {
  const statistic = proto.output[1] ?? ''
  if (statistic === '') return [proto]
  const at = (name: string) => `${proto.name}.${name}`
  const x = proto.input[0]!
  return [
    { ...proto, output: [proto.output[0]!] },
    step(proto, 'Constant', [], at('epsilon'), { value_float: node.attributes.epsilon! }),
    step(proto, 'Mul', [x, x], at('square')),
    step(proto, 'Constant', [], at('axes'), { value_ints: [-1] }),
    step(proto, 'ReduceMean', [at('square'), at('axes')], at('mean'), { keepdims: 1 }),
    step(proto, 'Add', [at('mean'), at('epsilon')], at('sum')),
    step(proto, 'Sqrt', [at('sum')], at('root')),
    step(proto, 'Reciprocal', [at('root')], statistic),
  ]
}

/**
 * It has no FusedMatMul (onnxruntime 1.30): left so, every such product is computed on the processor, between two
 * copies that wait for the device.
 */
const plainMatMul: Rewrite = (proto, node) => {
  const { transA, transB, alpha } = node.attributes
  const at = (name: string) => `${proto.name}.${name}`
  const turned = (index: 0 | 1): ReadonlyArray<NodeProto> => {
    const rank = node.inputs[index]!.shape.length
    const perm = Array.from({ length: rank }, (_, axis) => axis)
    perm.push(...perm.splice(-2).reverse())
    return [step(proto, 'Transpose', [proto.input[index]!], at(`turned ${index}`), { perm })]
  }
  const scale = typeof alpha === 'object' && 'float' in alpha ? alpha.float : 1
  const operands = [transA, transB].map((turn, index) =>
    turn === 1 ? at(`turned ${index}`) : proto.input[index]!,
  )
  return [
    ...(transA === 1 ? turned(0) : []),
    ...(transB === 1 ? turned(1) : []),
    step(proto, 'MatMul', operands, scale === 1 ? proto.output[0]! : at('product')),
    ...(scale === 1
      ? []
      : [
          step(proto, 'Constant', [], at('alpha'), { value_float: { float: scale } }),
          step(proto, 'Mul', [at('product'), at('alpha')], proto.output[0]!),
        ]),
  ]
}

/**
 * The gradient of a weight is a small matrix summed over every token of the batch, and its kernel gives each tile of the
 * result one workgroup, which walks the whole inner length alone: on an H200 four fifths of a training step's time. The
 * inner length is therefore cut into parts, as many as are known to divide it, whose products are summed.
 */
const partwiseGemm: Rewrite = (proto, node, multiples) => {
  const { transA, transB, alpha } = node.attributes
  const [, b, bias] = node.inputs
  const [rows, columns] = node.outputs[0]!.shape as [Dim, Dim]
  const inner = b!.shape[0]!
  const parts = divisorOf(inner, multiples)
  const plain =
    bias === undefined && transB === 0 && typeof alpha === 'object' && 'float' in alpha && alpha.float === 1
  // A row of ones sums what it meets, the gradient of a bias; turned or not, it is the same row.
  const long = (transA === 1 || rows === 1) && typeof inner === 'string' && parts > 1
  if (!plain || !long || typeof rows === 'string' || typeof columns === 'string') return [proto]
  const at = (name: string) => `${proto.name}.${name}`
  const cut = (index: 0 | 1, width: number): ReadonlyArray<NodeProto> => [
    step(proto, 'Constant', [], at(`shape ${index}`), { value_ints: [parts, -1, width] }),
    step(proto, 'Reshape', [proto.input[index]!, at(`shape ${index}`)], at(`parts ${index}`)),
  ]
  return [
    ...cut(0, rows),
    ...cut(1, columns),
    step(proto, 'Transpose', [at('parts 0')], at('turned'), { perm: [0, 2, 1] }),
    step(proto, 'MatMul', [at('turned'), at('parts 1')], at('products')),
    step(proto, 'Constant', [], at('axis'), { value_ints: [0] }),
    step(proto, 'ReduceSum', [at('products'), at('axis')], proto.output[0]!, { keepdims: 0 }),
  ]
}

const rewrites: { readonly [op: string]: Rewrite } = {
  SimplifiedLayerNormalization: rootMeanSquare,
  FusedMatMul: plainMatMul,
  Gemm: partwiseGemm,
}

/** An operator as the WebGPU provider computes it rightly, and on the device. */
export const forWebgpu: Rewrite = (proto, node, multiples) =>
  rewrites[node.op]?.(proto, node, multiples) ?? [proto]
