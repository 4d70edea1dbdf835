import { Effect, type Scope } from 'effect'
import type { EngineError } from '../../core/index.ts'
import { emit } from '../../graph/onnx/index.ts'
import type { Model } from '../architectures/index.ts'
import { attempt } from '../attempt.ts'
import type { ProcessedPrompt } from '../processor/index.ts'
import type { SessionOptions, Tensors } from '../session.ts'
import { sessionPool } from '../session-pool.ts'
import { only, type WeightMap, weightFeeds } from '../weights.ts'
import { DecodingCache } from './cache.ts'
import { compact, drawAll, type Row, startRow, stepFeeds, unfinished } from './decoding.ts'
import { prefillGraph, stepGraph } from './graphs.ts'
import { type BatchLimits, type PromptBatch, prefillFeeds, promptBatches } from './prompts.ts'
import { checkDrawing } from './sampler.ts'
import type { Completion, Sampling } from './sampling.ts'
import { type StopRule, textOf } from './stopping.ts'

/** What the text of a completion is made with. */
export interface Wording {
  readonly endTokens: ReadonlyArray<number>
  readonly decode: (tokens: ReadonlyArray<number>) => string
}

export interface GeneratorOptions extends SessionOptions {
  /**
   * `initialisers`: weights are stored in the sessions, packed for the kernels; a change of weights makes new sessions.
   * `inputs`: weights are passed at every run.
   */
  readonly weightsAs?: 'initialisers' | 'inputs'
  readonly limits?: BatchLimits
}

export interface Generator {
  /** Samples `sampling.n` completions of each prompt under `weights`, which are compared by identity of the map. */
  readonly generate: (
    weights: WeightMap,
    prompts: ReadonlyArray<ProcessedPrompt>,
    sampling: Sampling,
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<Completion>>, EngineError>
}

/** Names in the order `DecodingCache` keeps keys and values. */
const layerNames = (model: Model, prefix: string): ReadonlyArray<string> =>
  Array.from(
    { length: 2 * model.text.layers },
    (_, i) => `${prefix}${i % 2 === 0 ? 'key' : 'value'}.${i >> 1}`,
  )

/**
 * Up to this many sequences a decoding step is too small to be shared among threads: with 8, two threads took 50-70 ms
 * for what one did in 40-47.
 */
const fewSequences = 16

/** Makes a generator; its sessions are released when the scope closes. */
export const makeGenerator = Effect.fnUntraced(function* (
  model: Model,
  wording: Wording,
  options: GeneratorOptions,
): Effect.fn.Return<Generator, never, Scope.Scope> {
  const { weightsAs = 'initialisers', limits = { sequences: 128, tokens: 8192 } } = options
  const pool = yield* sessionPool(options)
  const narrow = yield* sessionPool({ ...options, threads: 1 })
  const banned = new Set(Object.values(model.tokens))
  let loaded: WeightMap | undefined

  const emitted = (graph: ReturnType<typeof stepGraph>, weights: WeightMap) =>
    emit(graph, { device: options.device, ...(weightsAs === 'initialisers' && { initialisers: weights }) })

  const decodeBatch = Effect.fnUntraced(function* (
    weights: WeightMap,
    batch: PromptBatch,
    sampling: Sampling,
    rule: StopRule,
  ) {
    const passed = weightsAs === 'inputs' ? weightFeeds(model, weights) : {}
    const { height, width } = batch
    const frame = height === 0 ? undefined : { height, width }
    const prefill = yield* pool.get(`prefill ${height}x${width}`, () =>
      emitted(prefillGraph(model, frame), weights),
    )
    const filled = yield* prefill.run(only({ ...passed, ...prefillFeeds(model, batch) }, prefill.inputs))
    const floats = (tensors: Tensors, names: ReadonlyArray<string>) =>
      names.map((name) => tensors[name]!.data as Float32Array)
    const size = { rows: batch.prompts.length, samples: sampling.n, prompt: batch.length }
    const cache = new DecodingCache(model, size, floats(filled, layerNames(model, '')))
    const all = batch.prompts.map((prompt, row) => startRow(prompt, batch.places[row]!, sampling))
    const few = size.rows * size.samples <= fewSequences
    const step = yield* (few ? narrow : pool).get('step', () => emitted(stepGraph(model), weights))
    for (let rows: ReadonlyArray<Row> = all; unfinished(rows); rows = compact(rows, cache)) {
      const feeds = { ...passed, ...stepFeeds(model, rows, batch.length), ...cache.feeds() }
      const results = yield* step.run(only(feeds, step.inputs))
      const [shares] = floats(results, ['shares'])
      cache.append(floats(results, layerNames(model, 'new_')))
      yield* attempt('generate', () => drawAll(rows, shares!, model.text.vocabSize, banned, rule))
    }
    return all.map(({ slots }) =>
      slots.map(
        ({ tokens, logProbs, finish }): Completion => ({
          tokens,
          logProbs,
          text: textOf(tokens, rule),
          finish: finish ?? 'length',
        }),
      ),
    )
  })

  const generate = Effect.fnUntraced(function* (
    weights: WeightMap,
    prompts: ReadonlyArray<ProcessedPrompt>,
    sampling: Sampling,
  ) {
    const batches = yield* attempt('generate', () => {
      checkDrawing(sampling)
      if (!(sampling.n >= 1)) throw new RangeError(`n must be at least 1, not ${sampling.n}`)
      if (!(sampling.maxTokens >= 1))
        throw new RangeError(`maxTokens must be at least 1, not ${sampling.maxTokens}`)
      return promptBatches(prompts, sampling.n, limits)
    })
    if (loaded !== weights) {
      if (weightsAs === 'initialisers') yield* Effect.andThen(pool.clear, narrow.clear)
      loaded = weights
    }
    const rule: StopRule = {
      endTokens: new Set(wording.endTokens),
      stop: sampling.stop,
      maxTokens: sampling.maxTokens,
      decode: wording.decode,
    }
    const completions: Array<ReadonlyArray<Completion>> = []
    for (const batch of batches) {
      const decoded = yield* decodeBatch(weights, batch, sampling, rule)
      decoded.forEach((one, row) => {
        completions[batch.places[row]!] = one
      })
    }
    return completions
  })
  return { generate }
})
