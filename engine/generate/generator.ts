import { Effect, type Scope } from 'effect'
import { EngineError, type Random, random } from '../../core/index.ts'
import { emit } from '../onnx/emit.ts'
import type { ProcessedPrompt } from '../processor/index.ts'
import { followingPositions, type Qwen3VlConfig, textRope, visionTokenIds } from '../qwen3vl/index.ts'
import { type SessionOptions, type Tensors, tensor } from '../session.ts'
import { sessionPool } from '../session-pool.ts'
import { only, type WeightMap, weightFeeds } from '../weights.ts'
import { DecodingCache } from './cache.ts'
import { prefillGraph, stepGraph } from './graphs.ts'
import { type BatchLimits, type PromptBatch, paddingMask, prefillFeeds, promptBatches } from './prompts.ts'
import { checkDrawing, type Drawing, drawToken } from './sampler.ts'
import type { Completion, Sampling } from './sampling.ts'
import { type Finish, finishOf, type StopRule, textOf } from './stopping.ts'

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

interface Sequence {
  readonly tokens: Array<number>
  readonly logProbs: Array<number>
  readonly random: Random
  readonly drawing: Drawing
  finish: Finish | undefined
}

/** A prompt being decoded: its length, next position, and the sequences in the batch's sample slots. */
interface Row {
  readonly length: number
  readonly delta: number
  slots: Array<Sequence>
}

const floats = (tensors: Tensors, name: string): Float32Array => tensors[name]!.data as Float32Array

/** The draws of one sample: fixed by the prompt's own seed, or by the common one and the prompt's place. */
const streamOf = ({ seed, seeds }: Sampling, place: number, sample: number): Random => {
  const own = seeds?.[place]
  return own === undefined ? random('sample', seed, place, sample) : random('sample', own, sample)
}

/** Names in the order `DecodingCache` keeps keys and values. */
const layerNames = (config: Qwen3VlConfig, prefix: string): ReadonlyArray<string> =>
  Array.from(
    { length: 2 * config.text.layers },
    (_, i) => `${prefix}${i % 2 === 0 ? 'key' : 'value'}.${i >> 1}`,
  )

/** The inputs of one decoding step besides weights and cache. */
const stepFeeds = (config: Qwen3VlConfig, rows: ReadonlyArray<Row>, promptLength: number): Tensors => {
  const samples = rows[0]!.slots.length
  const half = config.text.headDim / 2
  const ids = new BigInt64Array(rows.length * samples)
  const cos = new Float32Array(ids.length * half)
  const sin = new Float32Array(ids.length * half)
  rows.forEach(({ length, delta, slots }, row) => {
    slots.forEach(({ tokens }, sample) => {
      ids[row * samples + sample] = BigInt(tokens.at(-1)!)
    })
    // All live sequences of a batch have drawn the same number of tokens; finished ones compute nothing of use.
    const drawn = slots.reduce((most, { tokens }) => Math.max(most, tokens.length), 0)
    const tables = textRope(config.text, followingPositions(length + drawn - 1, delta, 1))
    for (let sample = 0; sample < samples; sample++) {
      cos.set(tables.cos, (row * samples + sample) * half)
      sin.set(tables.sin, (row * samples + sample) * half)
    }
  })
  const mask = paddingMask(
    rows.map(({ length }) => length),
    promptLength,
  )
  return {
    ids: tensor('int64', ids, [rows.length, samples]),
    cos: tensor('float32', cos, [rows.length, samples, half]),
    sin: tensor('float32', sin, [rows.length, samples, half]),
    prompt_mask: tensor('float32', mask, [rows.length, 1, 1, promptLength]),
  }
}

/** Drops finished rows and samples when that shrinks the batch by a quarter; returns the rows still to be decoded. */
const compact = (rows: Array<Row>, cache: DecodingCache): Array<Row> => {
  const live = rows.map(({ slots }) => slots.flatMap((slot, i) => (slot.finish === undefined ? [i] : [])))
  const kept = rows.flatMap((_, row) => (live[row]!.length > 0 ? [row] : []))
  const samples = live.reduce((most, one) => Math.max(most, one.length), 0)
  if (kept.length * samples > 0.75 * rows.length * cache.size.samples) return rows
  // Rows with fewer live sequences keep some finished ones as filling.
  const chosen = kept.map((row) => {
    const finished = rows[row]!.slots.flatMap((slot, i) => (slot.finish === undefined ? [] : [i]))
    return [...live[row]!, ...finished].slice(0, samples)
  })
  cache.keep(kept, chosen)
  return kept.map((row, index) => ({
    ...rows[row]!,
    slots: chosen[index]!.map((sample) => rows[row]!.slots[sample]!),
  }))
}

/** Makes a generator; its sessions are released when the scope closes. */
export const makeGenerator = (
  config: Qwen3VlConfig,
  wording: Wording,
  options: GeneratorOptions,
): Effect.Effect<Generator, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { weightsAs = 'initialisers', limits = { sequences: 128, tokens: 8192 } } = options
    const pool = yield* sessionPool(options)
    const banned = new Set(visionTokenIds(config))
    let loaded: WeightMap | undefined

    const emitted = (graph: ReturnType<typeof stepGraph>, weights: WeightMap) =>
      emit(graph, weightsAs === 'initialisers' ? { initialisers: weights } : {})

    const decodeBatch = Effect.fnUntraced(function* (
      weights: WeightMap,
      batch: PromptBatch,
      sampling: Sampling,
      rule: StopRule,
    ) {
      const passed = weightsAs === 'inputs' ? weightFeeds(config, weights) : {}
      const { height, width } = batch
      const frame = height === 0 ? undefined : { height, width }
      const prefill = yield* pool.get(`prefill ${height}x${width}`, () =>
        emitted(prefillGraph(config, frame), weights),
      )
      const first = yield* prefill.run(only({ ...passed, ...prefillFeeds(config, batch) }, prefill.inputs))
      const all = batch.prompts.map(
        (prompt, row): Row => ({
          length: prompt.inputIds.length,
          delta: prompt.ropeDelta,
          slots: Array.from({ length: sampling.n }, (_, sample) => ({
            tokens: [],
            logProbs: [],
            random: streamOf(sampling, batch.places[row]!, sample),
            drawing: sampling.greedyFirst === true && sample === 0 ? { ...sampling, greedy: true } : sampling,
            finish: undefined,
          })),
        }),
      )
      const vocabulary = config.text.vocabSize
      const draw = (rows: ReadonlyArray<Row>, logits: Float32Array, perRow: boolean) => {
        rows.forEach(({ slots }, row) => {
          slots.forEach((slot, sample) => {
            if (slot.finish !== undefined) return
            const at = (perRow ? row : row * slots.length + sample) * vocabulary
            const { token, logProb } = drawToken(logits, at, vocabulary, slot.drawing, banned, slot.random)
            slot.tokens.push(token)
            slot.logProbs.push(logProb)
            slot.finish = finishOf(slot.tokens, rule)
          })
        })
      }
      draw(all, floats(first, 'logits'), true)

      const size = { rows: all.length, samples: sampling.n, prompt: batch.length }
      const cache = new DecodingCache(
        config,
        size,
        layerNames(config, '').map((name) => floats(first, name)),
      )
      let rows = compact(all, cache)
      while (rows.some(({ slots }) => slots.some(({ finish }) => finish === undefined))) {
        const step = yield* pool.get('step', () => emitted(stepGraph(config), weights))
        const feeds = { ...passed, ...stepFeeds(config, rows, batch.length), ...cache.feeds() }
        const results = yield* step.run(only(feeds, step.inputs))
        cache.append(layerNames(config, 'new_').map((name) => floats(results, name)))
        draw(rows, floats(results, 'logits'), false)
        rows = compact(rows, cache)
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
      const batches = yield* Effect.try({
        try: () => {
          checkDrawing(sampling)
          if (!(sampling.n >= 1)) throw new RangeError(`n must be at least 1, not ${sampling.n}`)
          if (!(sampling.maxTokens >= 1))
            throw new RangeError(`maxTokens must be at least 1, not ${sampling.maxTokens}`)
          return promptBatches(prompts, sampling.n, limits)
        },
        catch: (cause) =>
          new EngineError({
            operation: 'generate',
            problem: cause instanceof Error ? cause.message : String(cause),
          }),
      })
      if (loaded !== weights) {
        if (weightsAs === 'initialisers') yield* pool.clear
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
