import type { EngineSettings } from '../../trainer/service/index.ts'
import type { PromptTokens } from '../train/round-prompts.ts'
import type { ModelSize } from './model-size.ts'

/** One step of a training, in numbers. */
export interface StepShape {
  readonly kind: 'curriculum' | 'sft'
  readonly prompts: number
  /** Completions of each prompt; 1 for `sft`. */
  readonly group: number
  readonly updates: number
  readonly beta: number
  /** The prompt of a group. */
  readonly first: PromptTokens
  /** The prompts of the later rounds of a completion, where it is a conversation about frames. */
  readonly later: ReadonlyArray<PromptTokens>
  /** The most of a reply. */
  readonly replyTokens: number
}

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/** Of all prompts that are computed: the first so many times for a group, each later round for its conversation. */
const overPrompts = (
  { prompts, group, first, later }: StepShape,
  copies: number,
  figure: (prompt: PromptTokens) => number,
): number => prompts * (copies * figure(first) + group * sum(later.map(figure)))

/**
 * The sequences that pass the decoder in the loss of a step, all padded to one length, and how many of them each group has
 * for its first prompt. Packed, all replies of a group follow one prompt, or where that computes fewer tokens, as many as
 * make no sequence longer than the longest prompt with its reply (`packing.py`).
 */
const sequencesOf = (step: StepShape, packing: boolean) => {
  const { group, first, later, replyTokens } = step
  const longest = Math.max(first.all, ...later.map(({ all }) => all)) + replyTokens
  const each = packing ? Math.max(1, Math.floor((longest - first.all) / replyTokens)) : 1
  const cut = (copies: number, length: number) => ({
    ...{ copies, count: overPrompts(step, copies, () => 1), length },
  })
  const parted = cut(Math.ceil(group / each), longest)
  if (!packing) return parted
  const whole = cut(1, Math.max(longest, first.all + group * replyTokens))
  return whole.count * whole.length <= parted.count * parted.length ? whole : parted
}

/** Tokens that pass the decoder in the loss of a step. */
export const tokensOf = (step: StepShape, packing: boolean): number => {
  const { count, length } = sequencesOf(step, packing)
  return count * length
}

/** Tokens whose keys and values are kept while replies are decoded, round after round. */
const cachedTokens = (step: StepShape, packing: boolean): ReadonlyArray<number> => [
  step.prompts * ((packing ? 1 : step.group) * step.first.all + step.group * step.replyTokens),
  ...step.later.map(({ all }) => step.prompts * step.group * (all + step.replyTokens)),
]

/** Patches of the vision tower for each token that the decoder sees, and numbers of a patch. */
const patches = 4
const patchValues = 1536

/**
 * Bytes of the masks of packed groups: for each query after the shortest prompt and each key a boolean, and for each
 * query head of a key head the same again and what the kernel adds to scores.
 */
const maskBytes = (
  size: ModelSize,
  step: StepShape,
  attention: EngineSettings['attention'],
  bytes: number,
) => {
  const { count, length } = sequencesOf(step, true)
  const shortest = Math.min(step.first.all, ...step.later.map(({ all }) => all))
  const queries = attention === 'split' ? length - shortest : length
  const heads = Math.max(1, Math.round((2 * size.hidden) / size.cached))
  return count * queries * length * (1 + heads * (1 + bytes))
}

/**
 * Gibibytes of one GPU at the peak of a step: weights, gradients and AdamW's two moments, what gradient checkpointing
 * keeps of each layer, one layer in full with its masks, pixels, and the cache of keys and values. Within 10 % of what was
 * measured for a 2.1 B Qwen3-VL with packing (BENCHMARKS.md).
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
  const pass = {
    ...step,
    prompts: engine.promptsPerPass ?? (engine.packing || step.kind === 'sft' ? mine : 1),
  }
  const tokens = tokensOf(pass, packing)
  const { copies } = sequencesOf(pass, packing)
  const seen = patches * overPrompts(pass, copies, ({ vision }) => vision)
  const kept = engine.gradientCheckpointing ? 1 : 16
  const activations =
    kept * (size.layers * tokens * size.hidden + size.visionLayers * seen * size.visionHidden) +
    tokens * (14 * size.hidden + 3 * size.intermediate)
  // Of each clip, and once more of all clips of a pass.
  const pixels = 2 * seen * patchValues
  const cached =
    step.kind === 'sft' || engine.vllm !== 'off'
      ? 0
      : Math.max(...cachedTokens(packing ? pass : { ...step, prompts: mine }, packing)) *
        size.layers *
        size.cached
  const masks = packing ? maskBytes(size, pass, engine.attention, bytes) : 0
  return (whole * bytes + states + reference + (activations + pixels + cached) * bytes + masks) / 2 ** 30
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
  const tower = (copies: number) =>
    size.vision * patches * overPrompts(shared, copies, ({ vision }) => vision)
  // Forward, forward again for checkpointing, and a backward pass of twice that.
  const passes = engine.gradientCheckpointing ? 4 : 3
  const { copies, count, length } = sequencesOf(shared, packing)
  const update = step.updates * passes * 2 * (size.language * count * length + tower(copies))
  if (step.kind === 'sft') return update / rate.operations
  const bytes = engine.precision === 'bf16' ? 2 : 4
  // A token of each round reads the weights and what is kept.
  const read = cachedTokens(shared, packing).map(
    (tokens) => step.replyTokens * bytes * (size.language + tokens * size.layers * size.cached),
  )
  const once = packing ? 1 : step.group
  const prefill = 2 * (size.language * overPrompts(shared, once, ({ all }) => all) + tower(once))
  return (update + prefill) / rate.operations + sum(read) / rate.bytes
}
