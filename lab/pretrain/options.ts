import type { LessonChanges } from './lessons/index.ts'

/** Options of `spanwise pretrain shapes`. */
export interface PretrainOptions {
  /** Folder of the checkpoint to write; an existing folder is replaced at the end. */
  readonly out: string
  /** A checkpoint to continue from, with a fresh optimiser; random weights without one. */
  readonly from?: string
  readonly steps: number
  /** Scenes a step; each gives about seven lessons. */
  readonly scenes: number
  readonly learningRate: number
  readonly warmup: number
  readonly seed: number
  readonly device: 'cpu' | 'webgpu'
  readonly threads: number
  /** Threads that draw the lessons. */
  readonly drawers: number
  /** Tokens computed at a time; more suits machines with many cores. */
  readonly microBatchTokens: number
  /** Steps between two measurements; the checkpoint is saved at each. */
  readonly evaluateEvery: number
  /** Grounding questions of each grade that a measurement asks, and half as many of every other kind; 0 for none. */
  readonly questions: number
  /** What the logits of the finished checkpoint are multiplied by, see `sharpened`; 1 leaves them. */
  readonly sharpness: number
  /** Settings that differ from `lessonDefaults`. */
  readonly lessons?: LessonChanges
}
