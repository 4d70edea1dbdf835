import { create } from '@bufbuild/protobuf'
import { type NodeProto, NodeProtoSchema } from 'onnx-buf'
import type { Attribute, Node } from '../graph/graph.ts'
import { attributeProto } from './attribute.ts'

type Rewrite = (proto: NodeProto, node: Node) => ReadonlyArray<NodeProto>

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
 * inverse of their root mean square, belongs; gradients need that one, so it is computed beside the operator.
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

const rewrites: { readonly [op: string]: Rewrite } = {
  SimplifiedLayerNormalization: rootMeanSquare,
  FusedMatMul: plainMatMul,
}

/** An operator as the WebGPU provider computes it rightly, and on the device. */
export const forWebgpu: Rewrite = (proto, node) => rewrites[node.op]?.(proto, node) ?? [proto]
