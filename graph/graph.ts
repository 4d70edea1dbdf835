import { canonical, type Dim, type Shape, sizeOf, termsOf } from './dims.ts'
import { ShapeError } from './error.ts'

/** Element types a value may have. */
export type DType = 'float32' | 'int64' | 'int32' | 'bool'

/** Attribute values an ONNX operator may carry. A plain integer is an int unless wrapped as {float}. */
export type Attribute = number | string | readonly number[] | { readonly float: number }

export type ConstantData = Float32Array | BigInt64Array | Int32Array | Uint8Array

/** Where a value comes from. */
export type Origin =
  | { readonly kind: 'input' }
  | { readonly kind: 'parameter' }
  | { readonly kind: 'constant'; readonly data: ConstantData }
  | { readonly kind: 'node'; readonly node: Node; readonly index: number }

/** A tensor in a graph: known type and (possibly symbolic) shape, unknown content. */
export interface Value {
  readonly graph: Graph
  readonly id: number
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  readonly origin: Origin
}

/** One ONNX operator. */
export interface Node {
  readonly id: number
  readonly op: string
  readonly domain: string
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly outputs: readonly Value[]
  /** The name of its rule in the gradient table: the operator's, unless an operation has a better one. */
  readonly gradient: string
  /** The values the rule's gradients belong to: the inputs, unless a composite operation names others. */
  readonly parents: readonly (Value | undefined)[]
  /** Numbers and lengths the rule needs that inputs and attributes do not tell. */
  readonly saved: Readonly<Record<string, Dim>>
}

export interface NodeSpec {
  readonly op: string
  readonly domain?: 'com.microsoft'
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly outputs: readonly { readonly dtype: DType; readonly shape: Shape }[]
  readonly gradient?: string
  readonly parents?: readonly Value[]
  readonly saved?: Readonly<Record<string, Dim>>
}

/** A low-rank delta on a linear weight: `weight + scale * b a`, applied without forming the product. */
export interface Adapter {
  readonly a: Value
  readonly b: Value
  readonly scale: number
}

const arrayOf = {
  float32: (values: readonly number[]) => Float32Array.from(values),
  int64: (values: readonly number[]) => BigInt64Array.from(values, (value) => BigInt(value)),
  int32: (values: readonly number[]) => Int32Array.from(values),
  bool: (values: readonly number[]) => Uint8Array.from(values),
} as const

const dtypeOf = (data: ConstantData): DType =>
  data instanceof Float32Array
    ? 'float32'
    : data instanceof BigInt64Array
      ? 'int64'
      : data instanceof Int32Array
        ? 'int32'
        : 'bool'

/**
 * A typed dataflow graph under construction. Values are added by the operations of this folder; equal operations
 * on equal inputs are added once. Nothing is computed here: `emit` turns the graph into ONNX.
 */
export class Graph {
  readonly name: string
  readonly inputs: Value[] = []
  readonly parameters: Value[] = []
  readonly outputs = new Map<string, Value>()
  /** Low-rank deltas by the weight they belong to; `linear` applies them. */
  readonly adapters = new Map<Value, Adapter>()
  private readonly names = new Set<string>()
  private readonly known = new Map<string, Value[]>()
  private readonly symbols = new Map<string, { value: Value; axis: number }>()
  private readonly outsiders = new Map<string, Value>()
  private count = 0

  constructor(name: string) {
    this.name = name
  }

  private value(name: string, dtype: DType, shape: Shape, origin: Origin): Value {
    return { graph: this, id: this.count++, name, dtype, shape: shape.map(canonical), origin }
  }

  private claim(name: string): string {
    if (this.names.has(name)) throw new Error(`${this.name}: the name ${name} is taken`)
    this.names.add(name)
    return name
  }

  private outside(name: string, dtype: DType, shape: Shape, kind: 'input' | 'parameter'): Value {
    const value = this.value(this.claim(name), dtype, shape, { kind })
    value.shape.forEach((dim, axis) => {
      if (typeof dim === 'string' && !this.symbols.has(dim)) this.symbols.set(dim, { value, axis })
    })
    this.outsiders.set(name, value)
    return value
  }

  /** A tensor fed at every run. Symbols in its shape become known to the graph. */
  input(name: string, dtype: DType, shape: Shape): Value {
    const value = this.outside(name, dtype, shape, 'input')
    this.inputs.push(value)
    return value
  }

  /** A float32 weight under its checkpoint name; asking again for the same name returns the same value. */
  parameter(name: string, shape: readonly number[]): Value {
    const before = this.outsiders.get(name)
    if (before !== undefined) {
      if (before.shape.join() !== shape.join()) {
        throw new ShapeError(`parameter ${name}`, [before.shape, shape], 'asked for with two shapes')
      }
      return before
    }
    const value = this.outside(name, 'float32', shape, 'parameter')
    this.parameters.push(value)
    return value
  }

  /**
   * A constant. A number makes a scalar; an array makes a vector unless a shape is given. Numbers are float32
   * unless `dtype` says otherwise.
   */
  constant(
    data: number | readonly number[] | ConstantData,
    shape?: readonly number[],
    dtype: DType = 'float32',
  ): Value {
    const array = ArrayBuffer.isView(data)
      ? (data as ConstantData)
      : arrayOf[dtype](typeof data === 'number' ? [data] : (data as readonly number[]))
    const type = ArrayBuffer.isView(data) ? dtypeOf(array) : dtype
    const dims = shape ?? (typeof data === 'number' ? [] : [array.length])
    if (sizeOf(dims) !== array.length) {
      throw new ShapeError('constant', [dims, [array.length]], 'the shape does not hold the data')
    }
    // Short constants are shared, so that equal operations on them are found equal too.
    const key = array.length <= 64 ? `const ${type} ${dims.join()}:${array.join()}` : undefined
    const before = key === undefined ? undefined : this.known.get(key)
    if (before !== undefined) return before[0]!
    const value = this.value(`const_${this.count}`, type, dims, { kind: 'constant', data: array })
    if (key !== undefined) this.known.set(key, [value])
    return value
  }

  /** Adds an operator and returns its outputs; used by the operations, rarely directly. */
  node(spec: NodeSpec): readonly Value[] {
    const attributes = spec.attributes ?? {}
    const ids = (values: readonly (Value | undefined)[] = []) => values.map((value) => value?.id ?? '').join()
    const key = `${spec.op} ${JSON.stringify(attributes)} ${ids(spec.inputs)} ${spec.outputs.length} ${ids(spec.parents)}`
    const before = this.known.get(key)
    if (before !== undefined) return before
    for (const input of spec.inputs) {
      if (input !== undefined && input.graph !== this) {
        throw new Error(`${spec.op}: ${input.name} belongs to graph ${input.graph.name}, not to ${this.name}`)
      }
    }
    const outputs: Value[] = []
    const node: Node = {
      id: this.count++,
      op: spec.op,
      domain: spec.domain ?? '',
      inputs: spec.inputs,
      attributes,
      outputs,
      gradient: spec.gradient ?? spec.op,
      parents: spec.parents ?? spec.inputs,
      saved: spec.saved ?? {},
    }
    spec.outputs.forEach((output, index) => {
      const origin: Origin = { kind: 'node', node, index }
      outputs.push(this.value(`${spec.op}_${this.count}`, output.dtype, output.shape, origin))
    })
    this.known.set(key, outputs)
    return outputs
  }

  /** Names a value as a result of the graph. */
  output(name: string, value: Value): void {
    this.outputs.set(this.claim(name), value)
  }

  /** A length as an int64 vector of one element, computed at run time where it is symbolic. */
  length(dim: Dim): Value {
    if (typeof dim === 'number') return this.constant([dim], [1], 'int64')
    const one = (op: string, a: Value, b: Value) =>
      this.node({ op, inputs: [a, b], outputs: [{ dtype: 'int64', shape: [1] }] })[0]!
    const symbol = (name: string): Value => {
      const source = this.symbols.get(name)
      if (source === undefined) throw new Error(`${this.name}: no input has the length ${name}`)
      return this.node({
        op: 'Shape',
        inputs: [source.value],
        attributes: { start: source.axis, end: source.axis + 1 },
        outputs: [{ dtype: 'int64', shape: [1] }],
      })[0]!
    }
    const terms = termsOf(dim).map(([symbols, factor]) =>
      symbols.map(symbol).reduce((a, b) => one('Mul', a, b), this.constant([factor], [1], 'int64')),
    )
    return terms.reduce((a, b) => one('Add', a, b))
  }

  /** A shape as an int64 vector. */
  lengths(shape: Shape): Value {
    if (shape.every((dim) => typeof dim === 'number')) {
      return this.constant(shape as readonly number[], [shape.length], 'int64')
    }
    return this.node({
      op: 'Concat',
      inputs: shape.map((dim) => this.length(dim)),
      attributes: { axis: 0 },
      outputs: [{ dtype: 'int64', shape: [shape.length] }],
    })[0]!
  }
}

/** The number a scalar constant holds, or undefined for any other value. */
export const scalarOf = (value: Value): number | undefined =>
  value.origin.kind === 'constant' && value.origin.data.length === 1 && value.shape.length === 0
    ? Number(value.origin.data[0])
    : undefined

/** The numbers a constant holds. Throws for any other value. */
export const numbersOf = (value: Value): readonly number[] => {
  if (value.origin.kind !== 'constant') throw new Error(`${value.name} is not a constant`)
  return Array.from(value.origin.data, Number)
}

/** Adds an operator of one output. */
export const single = (
  graph: Graph,
  spec: Omit<NodeSpec, 'outputs'> & { readonly dtype?: DType; readonly shape: Shape },
): Value => {
  const { dtype = 'float32', shape, ...rest } = spec
  return graph.node({ ...rest, outputs: [{ dtype, shape }] })[0]!
}

/** Throws unless the value has one of the given types. */
export const requireType = (operation: string, value: Value, ...dtypes: DType[]): void => {
  if (!dtypes.includes(value.dtype)) {
    throw new ShapeError(operation, [value.shape], `expects ${dtypes.join(' or ')}, not ${value.dtype}`)
  }
}

/** The axis as a non-negative index. */
export const axisOf = (operation: string, value: Value, axis: number): number => {
  const positive = axis < 0 ? axis + value.shape.length : axis
  if (!Number.isInteger(positive) || positive < 0 || positive >= value.shape.length) {
    throw new ShapeError(operation, [value.shape], `has no axis ${axis}`)
  }
  return positive
}
