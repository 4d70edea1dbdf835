import { random } from '../../core/index.ts'
import type { Model } from '../../engine/architectures/index.ts'
import { type Checkpoint, createCheckpoint } from '../../engine/checkpoint/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { trainTokenizer } from '../../engine/tokenizer/index.ts'

/** Text enough for the tokenizer to fill its vocabulary; the benches feed random ids. */
const corpus = (): ReadonlyArray<string> => {
  const source = random('bench-corpus')
  return Array.from({ length: 400 }, () =>
    Array.from({ length: 12 }, () => source.int(0, 46655).toString(36)).join(' '),
  )
}

/** The benched model: about 3 million parameters in Qwen3-VL layout. */
export const checkpoint = (folder: string): Checkpoint =>
  createCheckpoint(folder, {
    vision: { depth: 3, hiddenSize: 128, intermediateSize: 384, heads: 4, side: 8, deepstack: [0, 1] },
    text: {
      layers: 4,
      hiddenSize: 192,
      intermediateSize: 512,
      heads: 4,
      kvHeads: 2,
      headDim: 48,
      ropeTheta: 10000,
      mropeSection: [8, 8, 8],
      maxPositions: 4096,
    },
    tieEmbeddings: true,
    tokenizer: trainTokenizer(corpus(), 600),
    clipPixels: [4096, 1 << 24],
    fps: 2,
    seed: 'bench',
  })

export interface Workload {
  readonly prompts: number
  /** Completions of each prompt. */
  readonly group: number
  /** Frames of a clip (two make a pair). */
  readonly frames: number
  /** Tokens of a completion. */
  readonly completion: number
}

/** 64 x 64 pixels: 4 x 4 patches, merged into 4 tokens a frame pair. */
const side = 4

/**
 * A prompt as the processor makes it: each frame pair as six tokens of timestamp, its vision tokens between start and
 * end, then a question of 24 tokens. Random content.
 */
export const prompt = (model: Model, seed: number, frames: number): ProcessedPrompt => {
  const source = random('bench', seed)
  const words = (count: number) => Array.from({ length: count }, () => source.int(1, 500))
  const pairs = frames / 2
  const perPair = side ** 2 / model.vision.mergeSize ** 2
  const ids = [
    ...Array.from({ length: pairs }, () => [
      ...words(6),
      model.tokens.visionStart,
      ...Array<number>(perPair).fill(model.tokens.video),
      model.tokens.visionEnd,
    ]).flat(),
    ...words(24),
  ]
  const grids = [[pairs, side, side] as const]
  const positions = model.positions(
    ids,
    grids.map((grid) => ({ grid, secondsPerPair: 1 })),
  )
  return {
    text: '',
    inputIds: Int32Array.from(ids),
    pixels: Float32Array.from({ length: pairs * side ** 2 * model.vision.patchLength }, () =>
      source.uniform(-1, 1),
    ),
    grids,
    visual: Int32Array.from(ids.flatMap((id, at) => (id === model.tokens.video ? [at] : []))),
    positions,
  }
}

/** Random completion tokens. */
export const completion = (seed: number, length: number): ReadonlyArray<number> => {
  const source = random('bench-completion', seed)
  return Array.from({ length }, () => source.int(1, 500))
}
