import { Effect } from 'effect'
import type { Model } from '../../engine/architectures/index.ts'
import { sessionPool } from '../../engine/session-pool.ts'
import type { LossSettings, TrainingGroup } from '../../engine/training/batch.ts'
import { forwardFeeds, lossFeeds } from '../../engine/training/feeds.ts'
import { openDims } from '../../engine/training/forward.ts'
import { gradientPrefix, updateGraph } from '../../engine/training/graphs.ts'
import { microBatches } from '../../engine/training/micro-batches.ts'
import { tokenWeights } from '../../engine/training/normalise.ts'
import { pack } from '../../engine/training/packing.ts'
import { only, type WeightMap, weightFeeds } from '../../engine/weights.ts'
import { emit } from '../../graph/onnx/emit.ts'

export interface LossAndGradients {
  readonly loss: number
  readonly gradients: ReadonlyMap<string, Float64Array>
  /** [group][completion][counted token]. */
  readonly logProbs: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>
}

/** Loss and gradients of a whole batch, added up over its micro-batches. */
export const lossAndGradients = Effect.fnUntraced(function* (
  model: Model,
  weights: WeightMap,
  groups: ReadonlyArray<TrainingGroup>,
  loss: LossSettings,
  {
    tokenBudget = 10_000,
    temperature = 1,
    block,
  }: { readonly tokenBudget?: number; readonly temperature?: number; readonly block?: number } = {},
) {
  const shares = tokenWeights(groups, loss)
  const gradients = new Map<string, Float64Array>()
  const logProbs = groups.map(({ completions }) => completions.map((): ReadonlyArray<number> => []))
  const pool = yield* sessionPool({ device: 'cpu', threads: 1 })
  let total = 0
  for (const { layout, groups: chosen } of microBatches(groups, tokenBudget)) {
    const { height, width } = layout
    const frame = height === 0 ? undefined : { height, width }
    const session = yield* pool.get(`${height}`, () =>
      emit(updateGraph(model, openDims, frame, loss, {}, { block })),
    )
    const packed = pack(model, groups, chosen, layout)
    const feeds = {
      ...weightFeeds(model, weights),
      ...forwardFeeds(model, packed, temperature),
      ...lossFeeds(packed, groups, loss, shares),
    }
    const results = yield* session.run(only(feeds, session.inputs))
    total += (results.loss!.data as Float32Array)[0]!
    for (const [name, { data }] of Object.entries(results)) {
      if (!name.startsWith(gradientPrefix)) continue
      const sum = gradients.get(name) ?? new Float64Array(data.length)
      const part = data as Float32Array
      for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!
      gradients.set(name, sum)
    }
    const data = results.log_probs!.data as Float32Array
    for (const { group, completion, slot, counted } of packed.sequences) {
      const at = slot * packed.layout.targets
      logProbs[group]![completion] = Array.from(data.subarray(at, at + counted.length))
    }
  }
  return { loss: total, gradients, logProbs } satisfies LossAndGradients
})

/** Norm of the difference of two tensors over the norm of the first; 0 when both are zero. */
export const relativeDifference = (a: Float64Array, b: Float64Array): number => {
  let difference = 0
  let norm = 0
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2
    norm += a[i]! ** 2
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm)
}
