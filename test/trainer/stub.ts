import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { EngineError, random, type Sample, type Window } from '../../core/index.ts'
import { maskRecipe, priorIou, visibleWindows } from '../../curriculum/index.ts'
import type { Completion, EngineService, UpdateMetrics } from '../../engine/index.ts'
import { answerOf } from '../../tasks/index.ts'
import type { PromptSource, TrainingItem } from '../../trainer/index.ts'

/** Every reply that the stub knows; token `i` alone is reply `i`. */
export const replies = [
  '<answer>none</answer>',
  '<answer>1.0 to 2.0</answer>',
  '<answer>2.0 to 4.0</answer>',
  'eh',
]

export interface Stub extends EngineService {
  readonly logits: Float64Array
  readonly updates: () => number
}

/**
 * A one-token policy: logits are weights, and an update is a policy-gradient (or likelihood) step with momentum. Small
 * enough to be exact, stateful enough (weights, momentum, step count) that a faulty resume shows.
 */
export const stubEngine = (failAt = Number.POSITIVE_INFINITY): Stub => {
  const n = replies.length
  const state = new Float64Array(2 * n + 1)
  const logits = state.subarray(0, n)
  const momentum = state.subarray(n, 2 * n)
  const logProbs = () => {
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
    return logits.map((logit) => logit - total)
  }
  return {
    logits,
    updates: () => state[2 * n]!,
    generate: (prompts, sampling) =>
      Effect.sync(() => {
        const generator = random(sampling.seed)
        const log = logProbs()
        const one = (): Completion => {
          let rest = generator.next()
          let token = 0
          while (token < n - 1 && rest >= Math.exp(log[token]!)) rest -= Math.exp(log[token++]!)
          return { tokens: [token], logProbs: [log[token]!], text: replies[token]!, finish: 'stop' }
        }
        return prompts.map(() => Array.from({ length: sampling.n }, one))
      }),
    score: (groups) =>
      Effect.sync(() => {
        const log = logProbs()
        return groups.map(({ completions }) =>
          completions.map((tokens) => tokens.map((token) => log[token]!)),
        )
      }),
    update: (batch) =>
      Effect.suspend(() => {
        if (state[2 * n]! >= failAt)
          return Effect.fail(new EngineError({ operation: 'update', problem: 'the power went' }))
        const log = logProbs()
        const gradient = new Float64Array(n)
        const all = batch.groups.flatMap(({ completions }) => completions)
        for (const { tokens, advantage, weight } of all)
          for (const token of tokens)
            for (let i = 0; i < n; i++)
              gradient[i]! +=
                ((weight ?? 1) * (advantage ?? 1) * ((i === token ? 1 : 0) - Math.exp(log[i]!))) / all.length
        for (let i = 0; i < n; i++) {
          momentum[i] = 0.9 * momentum[i]! + gradient[i]!
          logits[i]! += batch.learningRate * momentum[i]!
        }
        state[2 * n]! += 1
        const metrics: UpdateMetrics = {
          loss: -gradient.reduce((sum, slope) => sum + slope, 0),
          gradNorm: Math.hypot(...gradient),
          entropy: 0,
          logProb: 0,
          clipLowFraction: 0,
          clipHighFraction: 0,
          ratio: 1,
          kl: 0,
          tokens: all.length,
          completions: all.length,
          microBatches: 1,
          seconds: 0,
        }
        return Effect.succeed(metrics)
      }),
    save: (folder) =>
      Effect.sync(() => {
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, 'model.safetensors'), new Uint8Array(state.slice().buffer))
      }),
    snapshot: (file) => Effect.sync(() => writeFileSync(file, new Uint8Array(state.buffer))),
    restore: (file) =>
      Effect.sync(() => {
        state.set(new Float64Array(new Uint8Array(readFileSync(file)).buffer))
      }),
  }
}

/** Prompts without pictures: 16 s clips at 2 frames a second. */
export const stubSource: PromptSource = {
  prepare: (item, ratio) =>
    Effect.sync(() => {
      const frameTimes = Array.from({ length: 32 }, (_, i) => i / 2)
      const windows = item.sample.windows ?? []
      const mask = maskRecipe({ seed: 0, sampleId: item.key, windows, duration: 16, frameTimes, ratio })
      return {
        prompt: {
          text: item.sample.query,
          inputIds: Int32Array.of(1),
          pixels: new Float32Array(0),
          grids: [],
          visual: new Int32Array(0),
          positions: new Int32Array(3),
        },
        duration: 16,
        mask,
        priorIou: priorIou(windows, visibleWindows(mask, frameTimes, 16)),
      }
    }),
  encode: (text) => [replies.indexOf(text)],
}

const sample = (id: string, windows: ReadonlyArray<Window>): Sample => ({
  id,
  dataset: 'shapes',
  split: 'train',
  task: 'grounding',
  video: id,
  file: `${id}.mp4`,
  duration: 16,
  query: 'a red circle blinks',
  windows,
})

/** Samples whose right answers the stub knows; every third is hard. */
export const stubItems = (count: number): ReadonlyArray<TrainingItem> =>
  Array.from({ length: count }, (_, i): TrainingItem => {
    const item = sample(`v${i}`, [[1, 2]])
    if (answerOf(item) !== replies[1]) throw new Error('the answer format changed: update `replies`')
    return {
      key: `shapes/train/v${i}`,
      sample: item,
      difficulty: i % 3 === 0 ? 0.9 : 0.5,
      band: i % 3 === 0 ? 'hard' : 'medium',
      weight: i % 4 === 0 ? 0.5 : 1,
    }
  })
