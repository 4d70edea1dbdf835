import { Clock, Effect, Scope } from 'effect'
import type { Tensor } from 'onnxruntime-node'
import { EngineError, type InputError } from '../../core/index.ts'
import { emit } from '../../graph/onnx/index.ts'
import type { Model } from '../architectures/index.ts'
import { attempt } from '../attempt.ts'
import { steps } from '../layout.ts'
import {
  defaultAdamW,
  fillArena,
  makeOptimiser,
  type Optimiser,
  type TrainedParameter,
} from '../optimiser/index.ts'
import type { SessionOptions, Tensors } from '../session.ts'
import { sessionPool } from '../session-pool.ts'
import { only, type WeightMap, weightFeeds } from '../weights.ts'
import { checkBatch, type UpdateBatch, type UpdateMetrics } from './batch.ts'
import { forwardFeeds, lossFeeds } from './feeds.ts'
import { openDims } from './forward.ts'
import { allGradients, gradientPrefix, learns, type Trainable, updateGraph } from './graphs.ts'
import { adapted, loraWeights, mergeAdapters } from './lora.ts'
import { MetricSums } from './metrics.ts'
import { microBatches } from './micro-batches.ts'
import { tokenWeights } from './normalise.ts'
import { pack } from './packing.ts'
import { type ScoreGroup, score } from './scorer.ts'
import { readState, writeState } from './state.ts'

export interface TrainerOptions extends SessionOptions {
  readonly trainable?: Trainable
  readonly weightDecay?: number
  /** Decay of AdamW's second moment; default 0.999. */
  readonly beta2?: number
  /** Tokens of a micro-batch, padding included; default 2048: larger ones were no faster and took more memory. */
  readonly microBatchTokens?: number
}

/** Holds a model's weights, scores completions and learns from them. */
export interface Trainer {
  /** The current weights, adapters folded in: a new map after every change, over memory that changes in place. */
  readonly weights: () => WeightMap
  /** See `score`; default temperature 1. */
  readonly score: (
    groups: ReadonlyArray<ScoreGroup>,
    temperature?: number,
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>, EngineError>
  /** Forward and backward passes of all micro-batches, then one AdamW step. */
  readonly update: (batch: UpdateBatch) => Effect.Effect<UpdateMetrics, EngineError>
  /** Writes everything an exact continuation needs to a file. */
  readonly snapshot: (file: string) => Effect.Effect<void, EngineError | InputError>
  /** Goes back to what `snapshot` wrote; a damaged file changes nothing. */
  readonly restore: (file: string) => Effect.Effect<void, EngineError | InputError>
}

/** Parameters that learn, with their shapes. */
const learning = (model: Model, trainable: Trainable): ReadonlyArray<TrainedParameter> => {
  const { lora } = trainable
  const shapes = [...model.shapes].map(([name, shape]) => ({ name, shape }))
  if (lora === undefined) return shapes.filter(({ name }) => learns(name, trainable))
  return adapted(model, lora).flatMap(([name, out, input]) => [
    { name: `${name}.lora_a`, shape: [lora.rank, input] },
    { name: `${name}.lora_b`, shape: [out, lora.rank] },
  ])
}

/** Names that tell the states of one array apart in a snapshot. */
const prefixes = { weights: 'weight:', first: 'first:', second: 'second:' } as const

/** The weights of a trainer. */
interface Held {
  /** All of them, adapters folded in. */
  current: WeightMap
  /** Those that do not learn; the optimiser holds the others, so that nothing is in memory twice. */
  frozen: WeightMap
}

/** Makes a trainer of a model's weights. What learns is copied at the first update; the original is then let go of. */
export const makeTrainer = (
  model: Model,
  initial: WeightMap,
  options: TrainerOptions,
): Effect.Effect<Trainer, EngineError, Scope.Scope> =>
  // No function in there may refer to `initial` itself, which would keep it in memory.
  trainerOf(model, { current: initial, frozen: initial }, options)

const trainerOf = Effect.fnUntraced(function* (
  model: Model,
  held: Held,
  options: TrainerOptions,
): Effect.fn.Return<Trainer, EngineError, Scope.Scope> {
  const {
    trainable = {},
    weightDecay = 0,
    beta2 = defaultAdamW.beta2,
    microBatchTokens: tokenBudget = 2048,
  } = options
  const { lora } = trainable
  const scope = yield* Effect.scope
  const pool = yield* sessionPool(options)
  const together = options.device !== 'cpu'
  // Most engines only generate and score: the optimiser's memory is taken at the first update.
  let made: Optimiser | undefined

  const optimiser = Effect.suspend(() =>
    made !== undefined
      ? Effect.succeed(made)
      : makeOptimiser(learning(model, trainable), { ...defaultAdamW, weightDecay, beta2 }, options).pipe(
          Scope.provide(scope),
          Effect.tap((one) =>
            attempt('optimiser', () => {
              fillArena(one.weights, lora === undefined ? held.frozen : loraWeights(model, lora))
              held.frozen = new Map([...held.frozen].filter(([name]) => !one.weights.views.has(name)))
              made = one
              if (lora === undefined) refresh(one)
            }),
          ),
        ),
  )
  const refresh = (one: Optimiser) => {
    held.current =
      lora === undefined
        ? new Map([...held.frozen, ...one.weights.views])
        : mergeAdapters(model, lora, held.frozen, one.weights.views)
  }

  const update = Effect.fnUntraced(function* (batch: UpdateBatch) {
    const started = yield* Clock.currentTimeMillis
    const { groups, loss, learningRate, temperature = 1, maxGradNorm = 1 } = batch
    const cut = yield* attempt('update', () => {
      checkBatch(groups, loss)
      return microBatches(groups, tokenBudget)
    })
    const one = yield* optimiser
    const shares = tokenWeights(groups, loss)
    const sums = new MetricSums(loss)
    const weights = { ...weightFeeds(model, held.frozen), ...one.weights.tensors }
    const total = yield* Effect.forEach(cut, ({ layout, groups: chosen }) =>
      Effect.gen(function* () {
        const { height, width } = layout
        const frame = height === 0 ? undefined : { height, width }
        const session = yield* pool.get(`update ${height}x${width} ${JSON.stringify(loss)}`, (device) =>
          emit(updateGraph(model, openDims, frame, loss, trainable, { together }), {
            device,
            multiples: steps,
          }),
        )
        const packed = pack(model, groups, chosen, layout)
        const feeds = {
          ...weights,
          ...forwardFeeds(model, packed, temperature),
          ...lossFeeds(packed, groups, loss, shares),
        }
        const results = yield* one.accumulate((into) =>
          Effect.tap(session.run(only(feeds, session.inputs), renamed(into, session.outputs)), (all) =>
            Effect.sync(() => together && handOut(floats(all[allGradients]), into, session.inputs)),
          ),
        )
        sums.add(packed, groups, floats(results.log_probs), floats(results.entropy))
        return floats(results.loss)[0]!
      }),
    ).pipe(
      Effect.map((parts) => parts.reduce((sum, part) => sum + part, 0)),
      Effect.filterOrFail(
        Number.isFinite,
        (value) =>
          new EngineError({
            operation: 'update',
            problem: `the loss is ${value}; the weights are unchanged`,
          }),
      ),
      // Forget what was accumulated, or it would be part of the next update.
      Effect.onError(() => Effect.sync(one.discard)),
    )
    const { gradNorm } = yield* one.step({ learningRate, maxGradNorm })
    refresh(one)
    return {
      loss: total,
      gradNorm,
      ...sums.result(),
      completions: groups.reduce((sum, { completions }) => sum + completions.length, 0),
      microBatches: cut.length,
      seconds: ((yield* Clock.currentTimeMillis) - started) / 1000,
    } satisfies UpdateMetrics
  })

  /** Everything that a step changes, by name, over the optimiser's own memory. */
  const arraysOf = (one: Optimiser) => {
    const { first, second } = one.state()
    const arrays = new Map<string, Float32Array>()
    for (const [name, data] of one.weights.views) arrays.set(prefixes.weights + name, data)
    for (const [name, data] of first) arrays.set(prefixes.first + name, data)
    for (const [name, data] of second) arrays.set(prefixes.second + name, data)
    return arrays
  }

  const snapshot = (file: string) =>
    Effect.flatMap(optimiser, (one) => writeState(file, { step: one.state().step, arrays: arraysOf(one) }))

  const restore = Effect.fnUntraced(function* (file: string) {
    const one = yield* optimiser
    const { step } = yield* readState(file, arraysOf(one))
    one.restore({ ...one.state(), step })
    refresh(one)
  })

  return {
    weights: () => held.current,
    score: (groups, temperature = 1) =>
      score(model, pool, held.current, groups, { temperature, tokenBudget }),
    update,
    snapshot,
    restore,
  }
})

const floats = (value: Tensor | undefined): Float32Array => value?.data as Float32Array

/** Copies what `allGradients` holds to the tensors it belongs to: those whose weights the graph takes. */
const handOut = (all: Float32Array, into: Tensors, inputs: ReadonlyArray<string>): void => {
  let start = 0
  for (const name of inputs.filter((each) => each in into).toSorted()) {
    const data = into[name]!.data as Float32Array
    data.set(all.subarray(start, start + data.length))
    start += data.length
  }
}

/** The optimiser's gradient tensors under the graph's output names. */
const renamed = (into: Tensors, outputs: ReadonlyArray<string>): Tensors =>
  Object.fromEntries(
    outputs.flatMap((name) => {
      const target = name.startsWith(gradientPrefix) ? into[name.slice(gradientPrefix.length)] : undefined
      return target === undefined ? [] : [[name, target]]
    }),
  )
