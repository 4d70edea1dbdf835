import { z } from 'zod'

export const shardings = ['ddp', 'fsdp2', 'zero2', 'zero3'] as const
export const vllmModes = ['off', 'colocate', 'server'] as const

/**
 * Settings for an external engine, in addition to those of the curriculum. It has no configuration file: all settings
 * come from `GET /v1/run`.
 */
export const engineSettings = z.strictObject({
  /** Folder or Hub name of the checkpoint to start from. */
  model: z.string().min(1),
  /** Folder of the run's checkpoints, as the engine's machine sees it. */
  output: z.string().min(1),
  /** Processes that must take part, one a GPU. */
  processes: z.int().positive().default(1),
  /** How weights are spread over the processes. */
  sharding: z.enum(shardings).default('ddp'),
  precision: z.enum(['fp32', 'bf16']).default('bf16'),
  /** Compute a prompt once for all completions of its group. */
  packing: z.boolean().default(true),
  /**
   * Attention of packed groups. `split`: causal flash attention over the prompt and a mask for the rest; `full`: a mask
   * over everything; both give the same numbers.
   */
  attention: z.enum(['split', 'full']).default('split'),
  /**
   * How completions are sampled without vLLM. `generate`: transformers' own, from a cache that is filled once a prompt;
   * `grouped`: a group as one sequence with one copy of the prompt; `graph`: that as a CUDA graph; `auto` chooses.
   */
  decoding: z.enum(['auto', 'generate', 'grouped', 'graph']).default('auto'),
  /** Prompts of a process in one forward and backward pass; null for all of a step. */
  promptsPerPass: z.int().positive().nullable().default(null),
  gradientCheckpointing: z.boolean().default(true),
  /** Null trains all weights. */
  loraRank: z.int().positive().nullable().default(null),
  /** Scale of the adapters; null for twice their rank. */
  loraAlpha: z.number().positive().nullable().default(null),
  freezeVision: z.boolean().default(false),
  weightDecay: z.number().min(0).default(0),
  vllm: z.enum(vllmModes).default('off'),
  /** URL of the vLLM server, for `server`. */
  vllmUrl: z.string().nullable().default(null),
  /** Seconds that a request to the service may take, and tries before the rank ends. */
  deadline: z.number().positive().default(60),
  tries: z.int().positive().default(3),
  /** Largest difference of log-probabilities between sampler and loss at the first step; null for the precision's own. */
  tolerance: z.number().positive().nullable().default(null),
  /** Checkpoint folder to continue from. */
  resume: z.string().nullable().default(null),
  /** Steps between two checkpoints, and how many are kept. */
  checkpointEvery: z.int().positive().default(50),
  keepCheckpoints: z.int().positive().default(2),
})
export type EngineSettings = z.output<typeof engineSettings>
