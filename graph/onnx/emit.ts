import { create, toBinary } from '@bufbuild/protobuf'
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorProto_DataType as Type,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { ShapeError } from '../error.ts'
import type { ConstantData, DType, Graph, Node, Value } from '../graph.ts'
import { attributeProto } from './attribute.ts'
import type { Device } from './device.ts'
import { forWebgpu } from './webgpu.ts'

/** The operator set the graphs are written in, and the file version that goes with it. */
const OPSET = 23
const IR_VERSION = 11

const types: Readonly<Record<DType, Type>> = {
  float32: Type.FLOAT,
  int64: Type.INT64,
  int32: Type.INT32,
  bool: Type.BOOL,
}

export interface EmitOptions {
  /** Where the graph will run; some operators are written differently there. Default cpu. */
  readonly device?: Device
  /** Numbers that a symbolic length is always a multiple of, by its symbol. */
  readonly multiples?: Readonly<Record<string, number>>
  /** Weights to store in the file, by parameter name; the other parameters are inputs. */
  readonly initialisers?: ReadonlyMap<string, Float32Array>
}

/**
 * The graph as an ONNX model. Inputs and parameters are model inputs, except the parameters given as
 * initialisers, which the session packs once for its kernels. Operators that no output needs are left out.
 */
export const emit = (
  graph: Graph,
  { initialisers = new Map(), device = 'cpu', multiples = {} }: EmitOptions = {},
): Uint8Array => {
  const { nodes, values } = needed(graph)
  const names = new Map<Value, string>()
  for (const [name, value] of graph.outputs) {
    if (value.origin.kind === 'node' && !names.has(value)) names.set(value, name)
  }
  const nameOf = (value: Value | undefined) => (value === undefined ? '' : (names.get(value) ?? value.name))
  const written = nodes.flatMap((node) => {
    const proto = nodeProto(node, nameOf, values)
    return device === 'webgpu' ? forWebgpu(proto, node, multiples) : [proto]
  })
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    producerName: 'spanwise',
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: create(GraphProtoSchema, {
      name: graph.name,
      node: [...written, ...copies(graph, names)],
      input: [...graph.inputs, ...graph.parameters]
        .filter((value) => !initialisers.has(value.name))
        .map((value) => valueInfo(value.name, value)),
      output: [...graph.outputs].map(([name, value]) => valueInfo(name, value)),
      initializer: [
        ...[...values].flatMap((value) =>
          value.origin.kind === 'constant' ? [tensorProto(value.name, value, value.origin.data)] : [],
        ),
        ...graph.parameters.flatMap((value) => {
          const data = initialisers.get(value.name)
          return data === undefined ? [] : [tensorProto(value.name, value, data)]
        }),
      ],
    }),
  })
  return toBinary(ModelProtoSchema, model)
}

/** The nodes that outputs depend on, in the order they were added, which is a topological one. */
const needed = (graph: Graph): { nodes: Node[]; values: Set<Value> } => {
  const values = new Set<Value>(graph.outputs.values())
  const nodes = new Set<Node>()
  for (const value of values) {
    if (value.origin.kind !== 'node' || nodes.has(value.origin.node)) continue
    nodes.add(value.origin.node)
    for (const input of value.origin.node.inputs) if (input !== undefined) values.add(input)
  }
  return { nodes: [...nodes].sort((a, b) => a.id - b.id), values }
}

/** Outputs that are inputs, constants, or named twice come through an identity. */
const copies = (graph: Graph, names: ReadonlyMap<Value, string>) =>
  [...graph.outputs].flatMap(([name, value]) =>
    names.get(value) === name
      ? []
      : [
          create(NodeProtoSchema, {
            name: `copy ${name}`,
            opType: 'Identity',
            input: [names.get(value) ?? value.name],
            output: [name],
          }),
        ],
  )

const nodeProto = (node: Node, nameOf: (value: Value | undefined) => string, values: ReadonlySet<Value>) =>
  create(NodeProtoSchema, {
    name: `${node.op}_${node.id}`,
    opType: node.op,
    domain: node.domain,
    input: node.inputs.map(nameOf),
    // An unused output (a saved statistic of a forward-only graph) is left empty; Split must name all.
    output: node.outputs.map((output, index) =>
      index === 0 || node.op === 'Split' || values.has(output) ? nameOf(output) : '',
    ),
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
  })

const tensorProto = (name: string, value: Value, data: ConstantData) => {
  if (value.shape.some((dim) => typeof dim === 'string')) {
    throw new ShapeError(`constant ${name}`, [value.shape], 'a stored tensor needs known lengths')
  }
  const size = value.shape.reduce<number>((a, b) => a * Number(b), 1)
  if (size !== data.length)
    throw new ShapeError(`weight ${name}`, [value.shape, [data.length]], 'sizes differ')
  return create(TensorProtoSchema, {
    name,
    dataType: types[value.dtype],
    dims: value.shape.map(BigInt),
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  })
}

const valueInfo = (name: string, value: Value) =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: types[value.dtype],
          shape: {
            dim: value.shape.map((dim) =>
              typeof dim === 'number'
                ? { value: { case: 'dimValue' as const, value: BigInt(dim) } }
                : { value: { case: 'dimParam' as const, value: dim } },
            ),
          },
        },
      },
    },
  })
