import { freemem, totalmem } from 'node:os'
import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import type { Model } from './architectures/index.ts'
import { readCheckpointModel } from './checkpoint/index.ts'
import { adapted, learns, type Trainable } from './training/index.ts'

/** What an engine is for: training takes memory for gradients and the optimiser too. */
export type Purpose = 'inference' | 'training'

/** Bytes of the program, its graphs and a small request. */
const base = 2 ** 30
/**
 * Times the largest gradient is held while its parts are added up (blocks of the vocabulary, the two uses of a tied
 * table): measured, 12.9 GB for 207 million weights, 156 of them in the table of tokens.
 */
const parts = 11
const sizeOf = (shape: ReadonlyArray<number>) => shape.reduce((product, length) => product * length, 1)

/**
 * Bytes an engine needs at least: every weight once as float32; for training also weight, gradient, a micro-batch's
 * gradient and two moments of each that learns, and the folded weights of adapters.
 */
export const memoryNeeded = (model: Model, purpose: Purpose, trainable: Trainable = {}): number => {
  const shapes = [...model.shapes]
  const weights = shapes.reduce((sum, [, shape]) => sum + sizeOf(shape), 0)
  if (purpose === 'inference') return 4 * weights + base
  const { lora } = trainable
  if (lora === undefined) {
    const learning = shapes.filter(([name]) => learns(name, trainable)).map(([, shape]) => sizeOf(shape))
    const most = learning.reduce((largest, size) => Math.max(largest, size), 0)
    return 4 * weights + 20 * learning.reduce((sum, size) => sum + size, 0) + 4 * parts * most + base
  }
  const adapters = adapted(model, lora)
  const folded = adapters.reduce((sum, [, out, input]) => sum + out * input, 0)
  const learning = adapters.reduce((sum, [, out, input]) => sum + lora.rank * (out + input), 0)
  return 4 * weights + 4 * folded + 20 * learning + base
}

/** Bytes this process may take: what is free, within the limit of its container. */
const memoryAtHand = (): number => {
  const limit = process.constrainedMemory()
  const bound = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  // Elsewhere the figure leaves out memory that the system would give up at once.
  return process.platform === 'linux' ? Math.min(bound, freemem()) : bound
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

const remedies: Readonly<Record<Purpose, string>> = {
  inference: 'serve it elsewhere and ask it with --backend openai, or take a smaller model',
  training:
    'train adapters (--lora-rank 16), leave the vision tower as it is (--freeze-vision), or train on GPUs (--engine trl)',
}

/** Refuses a model that does not fit the memory, from its config.json alone: nothing else has been read by then. */
export const requireMemory = Effect.fn('Engine.requireMemory')(function* (
  checkpoint: string,
  {
    purpose = 'inference',
    trainable,
    atHand = memoryAtHand(),
  }: {
    readonly purpose?: Purpose | undefined
    readonly trainable?: Trainable | undefined
    readonly atHand?: number
  },
) {
  const needed = memoryNeeded(yield* readCheckpointModel(checkpoint), purpose, trainable)
  if (needed <= atHand) return
  return yield* new InputError({
    subject: checkpoint,
    problem: `needs ${gigabytes(needed)} of memory for ${purpose}, ${gigabytes(atHand)} are free`,
    remedy: remedies[purpose],
  })
})
