import { create } from '@bufbuild/protobuf'
import { type AttributeProto, AttributeProtoSchema, AttributeProto_AttributeType as Kind } from 'onnx-buf'
import type { Attribute } from '../graph.ts'

/** An attribute of an operator as ONNX stores it. */
export const attributeProto = (name: string, value: Attribute): AttributeProto => {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(value) })
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: Kind.STRING, s: new TextEncoder().encode(value) })
  }
  if ('float' in value) return create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: value.float })
  return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: value.map(BigInt) })
}
