import type { Effect } from 'effect'
import type { EngineError } from '../core/index.ts'
import type { Completion, Sampling } from '../engine/generate/sampling.ts'
import type { ProcessedPrompt } from '../engine/processor/index.ts'
import type { UpdateBatch, UpdateMetrics } from '../engine/training/batch.ts'

export interface ScoreGroup {
  readonly prompt: ProcessedPrompt
  readonly completions: Array<Array<number>>
}

/** Weights, optimiser moments and step count as plain bytes; restoring them restores every bit. */
export type EngineState = Uint8Array

/**
 * What the loops ask of an engine. The embedded `Engine` service satisfies it; tests use a small pure one, and a
 * reference model is a second one.
 */
export interface TrainingEngine {
  /** [prompt][sample]. */
  readonly generate: (
    prompts: Array<ProcessedPrompt>,
    sampling: Sampling,
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<Completion>>, EngineError>
  /** Log-probabilities [group][completion][token] at a temperature. */
  readonly score: (
    groups: Array<ScoreGroup>,
    temperature: number,
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>, EngineError>
  readonly update: (batch: UpdateBatch) => Effect.Effect<UpdateMetrics, EngineError>
  /** Writes the model as a Hugging Face folder. */
  readonly save: (folder: string) => Effect.Effect<void, EngineError>
  readonly snapshot: Effect.Effect<EngineState, EngineError>
  readonly restore: (state: EngineState) => Effect.Effect<void, EngineError>
}
