import { Effect, type Scope } from 'effect'
import type { Tensor } from 'onnxruntime-node'
import { EngineError } from '../../core/index.ts'
import { emit } from '../../graph/onnx/index.ts'
import { Session, type SessionOptions, scalar, type Tensors, tensor } from '../session.ts'
import { type AdamWSettings, adamwGraph, adamwScalars, clipFactor } from './adamw.ts'
import { type Arena, fillArena, makeArena, type ParameterShape } from './arena.ts'

export interface TrainedParameter extends ParameterShape {
  /** Whether weight decay applies; by custom not to biases and norms. Default: to everything of two axes or more. */
  readonly decay?: boolean
}

export interface StepOptions {
  readonly learningRate: number
  /** The gradient is scaled down to this global norm; Infinity (the default) leaves it. */
  readonly maxGradNorm?: number
  /** Multiplies the accumulated gradient before anything else, e.g. 1 / micro-batches. Default 1. */
  readonly gradientScale?: number
}

/** State that an exact resume needs in addition to the weights. */
export interface OptimiserState {
  readonly step: number
  readonly first: ReadonlyMap<string, Float32Array>
  readonly second: ReadonlyMap<string, Float32Array>
}

/**
 * AdamW over a fixed set of parameters. It owns the memory of their weights, gradients and moments; steps change
 * it in place, so `weights.views` and `weights.tensors` stay valid and always hold the current weights.
 */
export interface Optimiser {
  readonly weights: Arena
  /** The gradients accumulated since the last step. */
  readonly gradients: Arena
  /**
   * Runs one micro-batch, giving the tensors its gradients must be written to, by name, and adds them up. They are zero
   * before the run: a micro-batch need not reach every weight (one without video has no gradient of the vision tower).
   */
  readonly accumulate: <A, E, R>(
    run: (into: Tensors) => Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | EngineError, R>
  /** Applies the accumulated gradients and forgets them. Gives their global norm before clipping; fails, leaving the
   * weights as they are, when that is not a finite number. */
  readonly step: (options: StepOptions) => Effect.Effect<{ readonly gradNorm: number }, EngineError>
  /** Forgets the accumulated gradients without a step. */
  readonly discard: () => void
  /** Step count and moments, over memory that further steps change. */
  readonly state: () => OptimiserState
  /** Continues from a state, which is copied. */
  readonly restore: (state: OptimiserState) => void
}

/** Weights a run of the graph handles: five arrays of it fit the second-level caches. */
const chunkLength = 1 << 16

/** A run of neighbouring weights with one decay, as tensors made once. */
interface Chunk {
  readonly decayed: boolean
  readonly feeds: Tensors
  readonly into: Tensors
}

const decays = ({ decay, shape }: TrainedParameter): boolean => decay ?? shape.length >= 2

/** Builds the optimiser; weights start at zero until `fillArena(optimiser.weights, ...)`. */
export const makeOptimiser = Effect.fnUntraced(function* (
  parameters: readonly TrainedParameter[],
  settings: AdamWSettings,
  options: SessionOptions,
): Effect.fn.Return<Optimiser, EngineError, Scope.Scope> {
  // Weights, gradients and moments are in this process's memory, and a step touches each number once: a device would
  // spend it all on copies.
  const session = yield* Session.make(emit(adamwGraph(settings)), { ...options, device: 'cpu' })
  // Decayed parameters first, so that runs of equal decay are long.
  const ordered = [...parameters.filter(decays), ...parameters.filter((each) => !decays(each))]
  const weights = makeArena(ordered)
  const gradients = makeArena(ordered)
  const first = makeArena(ordered)
  const second = makeArena(ordered)
  const chunks = makeChunks(parameters.filter(decays), weights, gradients, first, second)
  let extra: Arena | undefined
  let accumulated = 0
  let steps = 0

  const accumulate: Optimiser['accumulate'] = (run) =>
    Effect.gen(function* () {
      if (accumulated === 0) {
        gradients.flat.fill(0)
        const result = yield* run(gradients.tensors)
        accumulated = 1
        return result
      }
      extra ??= makeArena(ordered)
      extra.flat.fill(0)
      const result = yield* run(extra.tensors)
      addInto(gradients.flat, extra.flat)
      accumulated++
      return result
    })

  const step: Optimiser['step'] = Effect.fnUntraced(function* ({
    learningRate,
    maxGradNorm = Number.POSITIVE_INFINITY,
    gradientScale = 1,
  }) {
    const gradNorm = Math.abs(gradientScale) * norm(gradients.flat)
    if (!Number.isFinite(gradNorm)) {
      accumulated = 0
      const problem = `the gradient's norm is ${gradNorm}; the weights are unchanged`
      return yield* new EngineError({ operation: 'optimiser step', problem })
    }
    steps++
    const scalars = (decayed: boolean): Tensors => {
      const { keep, rate, correction } = adamwScalars(settings, steps, learningRate, decayed)
      const scale = gradientScale * clipFactor(gradNorm, maxGradNorm)
      return {
        keep: scalar(keep),
        rate: scalar(rate),
        correction: scalar(correction),
        gradient_scale: scalar(scale),
      }
    }
    const [withDecay, without] = [scalars(true), scalars(false)]
    for (const { decayed, feeds, into } of chunks) {
      yield* session.run({ ...feeds, ...(decayed ? withDecay : without) }, into)
    }
    accumulated = 0
    return { gradNorm }
  })

  return {
    weights,
    gradients,
    accumulate,
    step,
    discard: () => {
      accumulated = 0
    },
    state: () => ({ step: steps, first: first.views, second: second.views }),
    restore: (state) => {
      fillArena(first, state.first)
      fillArena(second, state.second)
      steps = state.step
      accumulated = 0
    },
  }
})

const makeChunks = (
  decayed: readonly ParameterShape[],
  weights: Arena,
  gradients: Arena,
  first: Arena,
  second: Arena,
): Chunk[] => {
  const last = decayed.at(-1)
  const border = last === undefined ? 0 : endOf(weights, last.name)
  const chunks: Chunk[] = []
  for (let start = 0; start < weights.flat.length; ) {
    const limit = start < border ? border : weights.flat.length
    const end = Math.min(limit, start + chunkLength)
    const part = ({ flat }: Arena): Tensor => tensor('float32', flat.subarray(start, end))
    const [weight, firstPart, secondPart] = [part(weights), part(first), part(second)]
    chunks.push({
      decayed: start < border,
      feeds: { weight, gradient: part(gradients), first: firstPart, second: secondPart },
      into: { next_weight: weight, next_first: firstPart, next_second: secondPart },
    })
    start = end
  }
  return chunks
}

/** Where a tensor's part of its arena ends, counted in floats. */
const endOf = ({ flat, views }: Arena, name: string): number => {
  const view = views.get(name)!
  return (view.byteOffset - flat.byteOffset) / flat.BYTES_PER_ELEMENT + view.length
}

const addInto = (sum: Float32Array, part: Float32Array): void => {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!
}

const norm = (values: Float32Array): number => {
  // Four sums that do not wait for each other.
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let i = 0; i < values.length; i += 4) {
    a += values[i]! * values[i]!
    b += values[i + 1]! * values[i + 1]!
    c += values[i + 2]! * values[i + 2]!
    d += values[i + 3]! * values[i + 3]!
  }
  return Math.sqrt(a + b + c + d)
}
