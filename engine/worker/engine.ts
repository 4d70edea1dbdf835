import { Context, type Effect } from 'effect'
import type { EngineError, InputError } from '../../core/index.ts'
import type { Device } from '../../graph/onnx/index.ts'
import type { FloatType } from '../checkpoint/index.ts'
import type { BatchLimits, Completion, Sampling } from '../generate/index.ts'
import type { Purpose } from '../memory.ts'
import type { ProcessedPrompt } from '../processor/index.ts'
import type { ScoreGroup, Trainable, UpdateBatch, UpdateMetrics } from '../training/index.ts'

/** What an engine is made of. */
export interface EngineOptions {
  /** Hugging Face folder of the model. */
  readonly checkpoint: string
  readonly device: Device
  /** Threads of the kernels. */
  readonly threads: number
  /** Whether there must be memory for `update` too; default inference. */
  readonly purpose?: Purpose
  /** Which weights `update` changes; default all. */
  readonly trainable?: Trainable
  /** Decoupled weight decay of matrices (vectors have none); default 0. */
  readonly weightDecay?: number
  /** Decay of AdamW's second moment; default 0.999. */
  readonly beta2?: number
  /** Tokens of a training or scoring micro-batch, padding included. Default 2048. */
  readonly microBatchTokens?: number
  /** How much is generated together. */
  readonly generation?: BatchLimits
}

/** A model that generates, scores and learns. One call is computed at a time; calls wait for each other. */
export interface EngineService {
  /**
   * Samples `sampling.n` completions of each prompt: [prompt][sample]. Vision tower and prompt are computed once per
   * prompt. Draws depend on the seed and the prompt's place in the list only.
   */
  readonly generate: (
    prompts: ReadonlyArray<ProcessedPrompt>,
    sampling: Sampling,
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<Completion>>, EngineError>
  /** Log-probability of each completion token, [group][completion][token], at a temperature (default 1). */
  readonly score: (
    groups: ReadonlyArray<ScoreGroup>,
    temperature?: number,
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>, EngineError>
  /** One optimiser step on a batch. */
  readonly update: (batch: UpdateBatch) => Effect.Effect<UpdateMetrics, EngineError>
  /** Writes the model as a Hugging Face folder, adapters folded in; `type` defaults to that of the checkpoint read. */
  readonly save: (folder: string, type?: FloatType) => Effect.Effect<void, EngineFailure>
  /** Writes weights that learn, optimiser moments and step count to a file, to the bit, with checksums. */
  readonly snapshot: (file: string) => Effect.Effect<void, EngineFailure>
  /**
   * Goes back to a snapshot of an engine of the same checkpoint and options. A damaged file is refused and changes
   * nothing.
   */
  readonly restore: (file: string) => Effect.Effect<void, EngineFailure>
}

/** What making an engine may fail with: a checkpoint that does not fit is for the user to fix. */
export type EngineFailure = EngineError | InputError

/** The model in use. `Engine` layers are in `service.ts`. */
export class Engine extends Context.Service<Engine, EngineService>()('spanwise/engine/Engine') {}
