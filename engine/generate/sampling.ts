import type { Finish } from './stopping.ts'

/** How completions are sampled. */
export interface Sampling {
  /** Divides the logits; > 0. */
  readonly temperature: number
  /** In (0, 1]; 1 keeps all tokens. */
  readonly topP: number
  /** 0 keeps all tokens. */
  readonly topK: number
  /** Tokens of a completion at most. */
  readonly maxTokens: number
  /** Texts that end a completion, in addition to the checkpoint's end tokens. */
  readonly stop: ReadonlyArray<string>
  /** Fixes the draws: sample s of prompt p depends on (seed, p, s) and not on what else is in the batch. */
  readonly seed: number
  /** One seed per prompt instead: sample s of prompt p then depends on (seeds[p], s), not on the prompt's place. */
  readonly seeds?: ReadonlyArray<number>
  /** Always the likeliest token; temperature, topP, topK and seed then do not matter. */
  readonly greedy?: boolean
  /** Sample 0 of each prompt is the greedy one, the others are drawn: one prefill serves both. */
  readonly greedyFirst?: boolean
  /** Samples of each prompt. */
  readonly n: number
}

export interface Completion {
  /** The end token, where one was drawn, is the last of them. */
  readonly tokens: ReadonlyArray<number>
  /**
   * Of each token, under softmax(logits / temperature) over the whole vocabulary, before top-k, top-p and the ban on
   * vision tokens (what `score` gives at that temperature); greedy completions at temperature 1.
   */
  readonly logProbs: ReadonlyArray<number>
  /** Without special tokens, cut before the stop text. */
  readonly text: string
  readonly finish: Finish
}
