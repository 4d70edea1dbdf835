import type { EngineSettings } from '../../trainer/service/index.ts'
import type { ModelSize } from './model-size.ts'

/** One step of a training, in numbers. */
export interface StepShape {
  readonly kind: 'curriculum' | 'sft'
  readonly prompts: number
  /** Completions of each prompt; 1 for `sft`. */
  readonly group: number
  readonly updates: number
  readonly beta: number
  /** Of one prompt, and the most of a completion. */
  readonly visionTokens: number
  readonly promptTokens: number
  readonly replyTokens: number
}

/** Tokens that pass the decoder in the loss of a step. */
export const tokensOf = (
  { prompts, group, promptTokens, replyTokens }: StepShape,
  packing: boolean,
): number =>
  packing ? prompts * (promptTokens + group * replyTokens) : prompts * group * (promptTokens + replyTokens)

/** Patches of the vision tower for each token that the decoder sees. */
const patches = 4

/**
 * Gibibytes of one GPU at the peak of a step: weights, gradients and AdamW's two moments, what gradient checkpointing
 * keeps of each layer, one layer in full, and the cache of keys and values. Within 5 % of what was measured for a 2.1 B
 * Qwen3-VL with packing (BENCHMARKS.md).
 */
export const memoryOf = (size: ModelSize, step: StepShape, engine: EngineSettings): number => {
  const bytes = engine.precision === 'bf16' ? 2 : 4
  const { processes, sharding } = engine
  const all = size.language + size.vision
  const whole = sharding === 'fsdp2' || sharding === 'zero3' ? all / processes : all
  const trained = engine.loraRank === null ? all - (engine.freezeVision ? size.vision : 0) : 0.01 * all
  const states = 3 * trained * bytes * (sharding === 'ddp' ? 1 : 1 / processes)
  const reference = step.beta > 0 && engine.loraRank === null ? whole * bytes : 0
  const packing = engine.packing && step.kind === 'curriculum'
  const mine = step.prompts / processes
  const perPass = engine.promptsPerPass ?? (engine.packing || step.kind === 'sft' ? mine : 1)
  const tokens = tokensOf({ ...step, prompts: perPass }, packing)
  const seen = patches * step.visionTokens * perPass * (packing ? 1 : step.group)
  const kept = engine.gradientCheckpointing ? 1 : 16
  const activations =
    kept * (size.layers * tokens * size.hidden + size.visionLayers * seen * size.visionHidden) +
    tokens * (14 * size.hidden + 3 * size.intermediate)
  const cached =
    step.kind === 'sft' || engine.vllm !== 'off'
      ? 0
      : tokensOf({ ...step, prompts: packing ? perPass : mine }, packing) * size.layers * size.cached
  return (whole * bytes + states + reference + (activations + cached) * bytes) / 2 ** 30
}

/** What an H100 reaches here in bf16 (BENCHMARKS.md), and two cores of a laptop in fp32. */
const rates = {
  gpu: { operations: 300e12, bytes: 1.2e12 },
  cpu: { operations: 0.1e12, bytes: 10e9 },
} as const

/** Seconds of a step by the operations of prefill and update and the bytes that each decoded token reads. */
export const secondsOf = (size: ModelSize, step: StepShape, engine: EngineSettings, gpus: number): number => {
  const rate = gpus === 0 ? rates.cpu : rates.gpu
  const shared = { ...step, prompts: step.prompts / engine.processes }
  const packing = engine.packing && step.kind === 'curriculum'
  const seen = patches * step.visionTokens * shared.prompts
  const once = 2 * (size.language * shared.prompts * step.promptTokens + size.vision * seen)
  const copies = packing ? 1 : step.group
  // Forward, forward again for checkpointing, and a backward pass of twice that.
  const passes = engine.gradientCheckpointing ? 4 : 3
  const update =
    step.updates * passes * 2 * (size.language * tokensOf(shared, packing) + size.vision * seen * copies)
  const bytes = engine.precision === 'bf16' ? 2 : 4
  const decode =
    step.kind === 'sft'
      ? 0
      : (step.replyTokens * bytes * (size.language + tokensOf(shared, packing) * size.layers * size.cached)) /
        rate.bytes
  return (update + (step.kind === 'sft' ? 0 : once * copies)) / rate.operations + decode
}
