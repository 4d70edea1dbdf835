import { random } from '../../core/index.ts'
import type { Graph, Value } from '../../graph/index.ts'
import type { Model, Weights } from '../architectures/index.ts'

/** Low-rank adaptation of the decoder's linear weights. */
export interface LoraSettings {
  readonly rank: number
  /** The delta is scaled by alpha / rank. */
  readonly alpha: number
  /** Which projections get one; default all of `loraTargets`. */
  readonly targets?: ReadonlyArray<string>
  readonly seed?: number
}

const loraTargets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']

const suffixes = { a: '.lora_a', b: '.lora_b' } as const

/** Name and shape of each adapted weight. */
export const adapted = (
  model: Model,
  { targets = loraTargets }: LoraSettings,
): ReadonlyArray<readonly [name: string, out: number, input: number]> =>
  [...model.shapes].flatMap(([name, shape]) => {
    const projection = name.split('.').at(-2)
    const chosen = name.includes('language_model.layers.') && projection !== undefined
    return chosen && targets.includes(projection) && shape.length === 2
      ? [[name, shape[0]!, shape[1]!] as const]
      : []
  })

/** Fresh adapters by name: A uniform in +-sqrt(3 / input), B zero, so that training starts at the checkpoint. */
export const loraWeights = (model: Model, settings: LoraSettings): Map<string, Float32Array> => {
  const made = new Map<string, Float32Array>()
  for (const [name, out, input] of adapted(model, settings)) {
    const source = random('lora', settings.seed ?? 0, name)
    const bound = Math.sqrt(3 / input)
    made.set(
      name + suffixes.a,
      Float32Array.from({ length: settings.rank * input }, () => source.uniform(-bound, bound)),
    )
    made.set(name + suffixes.b, new Float32Array(out * settings.rank))
  }
  return made
}

/** Weights of `graph` whose adapted ones carry their adapter. */
export const withAdapters = (
  graph: Graph,
  model: Model,
  settings: LoraSettings,
  weights: Weights,
): Weights => {
  const chosen = new Map(adapted(model, settings).map(([name, out, input]) => [name, { out, input }]))
  return (name, shape) => {
    const value: Value = weights(name, shape)
    const sizes = chosen.get(name)
    if (sizes !== undefined && !graph.adapters.has(value)) {
      graph.adapters.set(value, {
        a: graph.parameter(name + suffixes.a, [settings.rank, sizes.input]),
        b: graph.parameter(name + suffixes.b, [sizes.out, settings.rank]),
        scale: settings.alpha / settings.rank,
      })
    }
    return value
  }
}

/** The adapted weight `weight + alpha / rank * B A`, for generating with it and for saving it. */
const mergeAdapter = (
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  { rank, alpha }: LoraSettings,
): Float32Array => {
  const merged = weight.slice()
  const input = a.length / rank
  const out = b.length / rank
  const scale = alpha / rank
  for (let row = 0; row < out; row++) {
    for (let r = 0; r < rank; r++) {
      const factor = scale * b[row * rank + r]!
      if (factor === 0) continue
      for (let i = 0; i < input; i++) merged[row * input + i]! += factor * a[r * input + i]!
    }
  }
  return merged
}

/** All weights of the model with the adapters folded in; the map's other entries are shared, not copied. */
export const mergeAdapters = (
  model: Model,
  settings: LoraSettings,
  weights: ReadonlyMap<string, Float32Array>,
  adapters: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> => {
  const merged = new Map(weights)
  for (const [name] of adapted(model, settings)) {
    merged.set(
      name,
      mergeAdapter(
        weights.get(name)!,
        adapters.get(name + suffixes.a)!,
        adapters.get(name + suffixes.b)!,
        settings,
      ),
    )
  }
  return merged
}
