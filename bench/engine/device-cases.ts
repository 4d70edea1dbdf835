import * as G from '../../graph/index.ts'

/** A small graph over float32 inputs, to be computed on two devices together with its gradients. */
export interface DeviceCase {
  readonly name: string
  readonly shapes: ReadonlyArray<ReadonlyArray<number>>
  /** Range of the inputs, [-1, 1] unless given. */
  readonly range?: readonly [number, number]
  readonly build: (inputs: ReadonlyArray<G.Value>, graph: G.Graph) => G.Value
}

const away = [0.4, 2] as const

/** Indices 0, step, 2 step, ... below a limit. */
const indices = (graph: G.Graph, shape: ReadonlyArray<number>, below: number, step = 1) =>
  graph.constant(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * step) % below),
    shape,
    'int64',
  )

const unary = (
  operations: Readonly<Record<string, (x: G.Value) => G.Value>>,
  shape: ReadonlyArray<number>,
  range?: readonly [number, number],
): ReadonlyArray<DeviceCase> =>
  Object.entries(operations).map(([name, build]) => ({
    name,
    shapes: [shape],
    ...(range && { range }),
    build: ([x]) => build(x!),
  }))

const broadcasts = [
  [
    [3, 1, 8],
    [4, 8],
  ],
  [[2, 3, 12], [12]],
  [[6, 5], []],
] as const

const elementwise = {
  add: G.add,
  sub: G.sub,
  mul: G.mul,
  div: G.div,
  max: G.max,
  min: G.min,
  where: (a: G.Value, b: G.Value) => G.where(G.less(G.stopGradient(a), G.stopGradient(b)), G.square(a), b),
} as const

const products: ReadonlyArray<DeviceCase> = [false, true].flatMap((transA) =>
  [false, true].flatMap((transB) => {
    const turned = (lead: ReadonlyArray<number>, a: number, b: number, turn: boolean) =>
      turn ? [...lead, b, a] : [...lead, a, b]
    const name = `${transA ? 'a^T' : 'a'} ${transB ? 'b^T' : 'b'}`
    return [
      {
        name: `gemm ${name}`,
        shapes: [turned([], 36, 24, transA), turned([], 24, 20, transB)],
        build: ([a, b]) => G.gemm(a!, b!, { transA, transB, alpha: 0.5 }),
      },
      {
        name: `matmul ${name}, odd lengths`,
        shapes: [turned([2, 3], 7, 5, transA), turned([1, 3], 5, 9, transB)],
        build: ([a, b]) => G.matmul(a!, b!, { transA, transB }),
      },
      {
        name: `matmul ${name}, even lengths`,
        shapes: [turned([2, 3], 32, 24, transA), turned([2, 3], 24, 40, transB)],
        build: ([a, b]) => G.matmul(a!, b!, { transA, transB, alpha: 0.25 }),
      },
    ] satisfies ReadonlyArray<DeviceCase>
  }),
)

const normalisations: ReadonlyArray<DeviceCase> = [5, 48, 512].flatMap((width) => [
  {
    name: `rmsNorm of ${width}`,
    shapes: [[3, 4, width], [width]],
    build: ([x, w]) => G.rmsNorm(x!, w!, 1e-6),
  },
  {
    name: `rmsNorm of one row of ${width}`,
    shapes: [[1, width], [width]],
    build: ([x, w]) => G.rmsNorm(x!, w!, 1e-6),
  },
  {
    name: `layerNorm of ${width}`,
    shapes: [[3, 4, width], [width], [width]],
    build: ([x, w, b]) => G.layerNorm(x!, w!, b!, 1e-6),
  },
])

const moves: ReadonlyArray<DeviceCase> = [
  {
    name: 'gather, indices that repeat',
    shapes: [[10, 12]],
    build: ([x], graph) => G.square(G.gather(x!, indices(graph, [4, 5], 7, 3))),
  },
  {
    name: 'gather of the middle axis',
    shapes: [[2, 9, 4]],
    build: ([x], graph) => G.square(G.gather(x!, indices(graph, [6], 9, 2), 1)),
  },
  {
    name: 'gather, distinct, more rows than columns',
    shapes: [[40, 8]],
    build: ([x], graph) => G.square(G.gather(x!, indices(graph, [13], 40, 3), 0, { distinct: true })),
  },
  {
    name: 'scatterRows, more rows than columns',
    shapes: [
      [40, 8],
      [13, 8],
    ],
    build: ([x, rows], graph) => G.square(G.scatterRows(x!, indices(graph, [13], 40, 3), rows!)),
  },
  {
    name: 'scatterRows, added, more rows than columns',
    shapes: [
      [40, 8],
      [13, 8],
    ],
    build: ([x, rows], graph) =>
      G.square(G.scatterRows(x!, indices(graph, [13], 40, 3), rows!, { add: true })),
  },
  {
    name: 'pick',
    shapes: [[6, 30]],
    build: ([x], graph) => G.square(G.pick(x!, indices(graph, [6], 30, 7))),
  },
  {
    name: 'concat, split, slice',
    shapes: [
      [3, 4, 5],
      [3, 2, 5],
    ],
    build: ([x, y]) => {
      const [head, tail] = G.split(G.concat([x!, y!, G.square(x!)], 1), [3, 7], 1)
      return G.concat([G.square(head!), G.slice(tail!, { axis: 1, start: 1, end: -1 })], 1)
    },
  },
]

const attention: ReadonlyArray<DeviceCase> = [
  {
    name: 'attention, grouped heads',
    shapes: [
      [2, 4, 7, 8],
      [2, 2, 7, 8],
      [2, 2, 7, 8],
    ],
    build: ([q, k, v]) => G.attention(q!, k!, v!),
  },
  {
    name: 'rotary',
    shapes: [
      [2, 3, 5, 8],
      [2, 5, 4],
    ],
    build: ([x, angles]) => {
      const fixed = G.stopGradient(angles!)
      return G.rotary(x!, G.cos(fixed), G.sin(fixed))
    },
  },
]

/** Every operation that the models, their losses and the optimiser are made of. */
export const deviceCases: ReadonlyArray<DeviceCase> = [
  ...Object.entries(elementwise).flatMap(([name, build]) =>
    broadcasts.map(([a, b]) => ({
      name: `${name} of [${a}] and [${b}]`,
      shapes: [a, b],
      range: away,
      build: ([x, y]: ReadonlyArray<G.Value>) => build(x!, y!),
    })),
  ),
  ...unary(
    {
      neg: G.neg,
      exp: G.exp,
      tanh: G.tanh,
      sigmoid: G.sigmoid,
      erf: G.erf,
      sin: G.sin,
      cos: G.cos,
      silu: G.silu,
      square: G.square,
      'gelu, exact': (x) => G.gelu(x),
      'gelu, tanh': (x) => G.gelu(x, { tanh: true }),
      clip: (x) => G.clip(x, -0.5, 0.5),
      relu: G.relu,
      abs: G.abs,
      softmax: (x) => G.softmax(x),
      'softmax of the first axis': (x) => G.softmax(x, 0),
      logSoftmax: (x) => G.logSoftmax(x),
      logSumExp: (x) => G.logSumExp(x, -1, true),
      'reduceSum of the first axis': (x) => G.square(G.reduceSum(x, [0])),
      'reduceSum of two axes': (x) => G.square(G.reduceSum(x, [0, 2], true)),
      'reduceMean of all': (x) => G.square(G.reduceMean(x)),
      cumsum: (x) => G.square(G.cumsum(x, -1)),
      expand: (x) => G.square(G.expand(x, [2, ...x.shape])),
      'transpose and reshape': (x) => G.square(G.reshape(G.transpose(x, [2, 0, 1]), [-1])),
    },
    [3, 5, 8],
  ),
  ...unary({ log: G.log, sqrt: G.sqrt, rsqrt: G.rsqrt, 'pow 3': (x) => G.pow(x, 3) }, [4, 6], away),
  ...products,
  ...normalisations,
  ...moves,
  ...attention,
]
