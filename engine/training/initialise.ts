import { random } from '../../core/index.ts'
import { type Qwen3VlConfig, weightShapes } from '../qwen3vl/index.ts'

/**
 * Weights of a new model by Hugging Face name: normal with the given deviation, norms 1, biases 0, as transformers
 * initialises Qwen3-VL (`initializer_range`, 0.02).
 */
export const initialWeights = (
  config: Qwen3VlConfig,
  seed: number,
  deviation = 0.02,
): Map<string, Float32Array> =>
  new Map(
    [...weightShapes(config)].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1)
      const data = new Float32Array(size)
      if (name.endsWith('.bias')) return [name, data]
      if (/norm\d?\.weight$/.test(name)) return [name, data.fill(1)]
      const source = random('initial', seed, name)
      for (let i = 0; i < size; i++) data[i] = source.normal(0, deviation)
      return [name, data]
    }),
  )
