import type { Architecture, Model } from '../contract.ts'
import { decoderShapes, head } from '../parts/decoder.ts'
import { mergedSides, mropePositions } from '../parts/positions.ts'
import { textRope } from '../parts/rope.ts'
import { seeAndDecode } from '../parts/see.ts'
import { patchLength } from '../parts/tower.ts'
import { clipText } from './clip-text.ts'
import { configSchema, type Qwen3VlConfig } from './config.ts'
import { type NewModel, newFiles } from './create.ts'
import { vision, visionShapes } from './vision.ts'

export type { NewModel } from './create.ts'

/**
 * Interleaved M-RoPE (transformers `Qwen3VLTextRotaryEmbedding`): frequency i turns with the height position where
 * i % 3 == 1 and with the width position where i % 3 == 2, up to three times the section's length, else with time.
 */
const axisOf =
  ({ text }: Qwen3VlConfig) =>
  (frequency: number): number => {
    const candidate = frequency % 3
    return candidate !== 0 && frequency < text.mropeSection[candidate]! * 3 ? candidate : 0
  }

const modelOf = (config: Qwen3VlConfig): Model => {
  const { text, tokens } = config
  const { depth, mergeSize } = config.vision
  const axis = axisOf(config)
  return {
    architecture: 'qwen3_vl',
    text,
    vision: { depth, mergeSize, patchLength: patchLength(config.vision) },
    tokens,
    time: 'text',
    processor: { patchSize: 16, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], pixels: [131072, 786432] },
    shapes: new Map([...visionShapes(config), ...decoderShapes(text)]),
    aliases: () => [],
    clipText,
    enclosed: true,
    // Time is in the text (`<1.2 seconds>`), so each frame pair is a run of its own at one temporal position.
    positions: (inputIds, clips) =>
      mropePositions(
        inputIds,
        (id) => id === tokens.video || id === tokens.image,
        clips.flatMap(({ grid }) => {
          const run = { ...mergedSides(grid, mergeSize), steps: [0] }
          return Array.from({ length: grid[0] }, () => run)
        }),
      ),
    angles: (positions) => textRope(text, axis, positions),
    hidden: seeAndDecode(text, vision(config)),
    head: (weights) => head(text, weights),
  }
}

/** Qwen3-VL (dense): DeepStack features, learned and rotary positions in vision, timestamps as text. */
export const qwen3vl = {
  model: configSchema.transform(modelOf),
  newFiles,
} satisfies Architecture & { readonly newFiles: (model: NewModel) => ReadonlyMap<string, string> }
