import { Effect } from 'effect'
import type { EngineError } from '../../core/index.ts'
import { emit } from '../../graph/onnx/index.ts'
import type { Model } from '../architectures/index.ts'
import type { ProcessedPrompt } from '../processor/index.ts'
import type { SessionPool } from '../session-pool.ts'
import { only, type WeightMap, weightFeeds } from '../weights.ts'
import type { TrainingGroup } from './batch.ts'
import { forwardFeeds } from './feeds.ts'
import { openDims } from './forward.ts'
import { scoreGraph } from './graphs.ts'
import { microBatches } from './micro-batches.ts'
import { pack } from './packing.ts'

/** A prompt and the continuations whose log-probabilities are asked for. */
export interface ScoreGroup {
  readonly prompt: ProcessedPrompt
  readonly completions: ReadonlyArray<ReadonlyArray<number>>
}

/**
 * Log-probability of every token of every completion, [group][completion][token], under softmax(logits / temperature)
 * over the whole vocabulary. Packed: a prompt is computed once for all its completions.
 */
export const score = Effect.fnUntraced(function* (
  model: Model,
  pool: SessionPool,
  weights: WeightMap,
  asked: ReadonlyArray<ScoreGroup>,
  { temperature, tokenBudget }: { readonly temperature: number; readonly tokenBudget: number },
): Effect.fn.Return<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>, EngineError> {
  const groups = asked.map(
    ({ prompt, completions }): TrainingGroup => ({
      prompt,
      completions: completions.map((tokens) => ({ tokens })),
    }),
  )
  const scores = asked.map(({ completions }) =>
    completions.map((tokens): ReadonlyArray<number> => tokens.map(() => 0)),
  )
  const feeds = weightFeeds(model, weights)
  const places = groups.flatMap(({ completions }, place) => (completions.length > 0 ? [place] : []))
  const filled = places.map((place) => groups[place]!)
  for (const batch of microBatches(filled, tokenBudget)) {
    const { height, width } = batch.layout
    const session = yield* pool.get(`score ${height}x${width}`, (device) =>
      emit(scoreGraph(model, openDims, height === 0 ? undefined : { height, width }), { device }),
    )
    const packed = pack(model, filled, batch.groups, batch.layout)
    const given = only({ ...feeds, ...forwardFeeds(model, packed, temperature) }, session.inputs)
    const results = yield* session.run(given, {}, ['log_probs'])
    const data = results.log_probs!.data as Float32Array
    for (const { group, completion, slot, counted } of packed.sequences) {
      const at = slot * packed.layout.targets
      scores[places[group]!]![completion] = Array.from(data.subarray(at, at + counted.length))
    }
  }
  return scores
})
