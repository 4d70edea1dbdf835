import { create } from '@bufbuild/protobuf'
import { type NodeProto, NodeProtoSchema } from 'onnx-buf'
import type { Attribute, Node } from '../graph/graph.ts'
import { attributeProto } from './attribute.ts'

/**
 * An operator as the WebGPU provider computes it rightly. Its SimplifiedLayerNormalization (onnxruntime 1.30) writes the
 * rows' mean where the operator's second output, the inverse of their root mean square, belongs; gradients need that
 * one, so it is computed beside the operator.
 */
export const forWebgpu = (proto: NodeProto, node: Node): ReadonlyArray<NodeProto> => {
  const statistic = proto.output[1] ?? ''
  if (node.op !== 'SimplifiedLayerNormalization' || statistic === '') return [proto]
  const at = (name: string) => `${proto.name}.${name}`
  const step = (op: string, input: string[], output: string, attributes: Record<string, Attribute> = {}) =>
    create(NodeProtoSchema, {
      name: `${output} of ${proto.name}`,
      opType: op,
      input,
      output: [output],
      attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
    })
  const x = proto.input[0]!
  return [
    { ...proto, output: [proto.output[0]!] },
    step('Constant', [], at('epsilon'), { value_float: node.attributes.epsilon! }),
    step('Mul', [x, x], at('square')),
    step('Constant', [], at('axes'), { value_ints: [-1] }),
    step('ReduceMean', [at('square'), at('axes')], at('mean'), { keepdims: 1 }),
    step('Add', [at('mean'), at('epsilon')], at('sum')),
    step('Sqrt', [at('sum')], at('root')),
    step('Reciprocal', [at('root')], statistic),
  ]
}
