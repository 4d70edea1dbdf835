import { z } from 'zod'
import type { Architecture, Model } from '../../engine/architectures/index.ts'
import { decoderShapes, head } from '../../engine/architectures/parts/decoder.ts'
import { tokenIds, tokensOf } from '../../engine/architectures/parts/fields.ts'
import { mropePositions } from '../../engine/architectures/parts/positions.ts'
import { textRope } from '../../engine/architectures/parts/rope.ts'
import { seeAndDecode } from '../../engine/architectures/parts/see.ts'
import { linear, reshape } from '../../graph/index.ts'

const projector = 'model.visual.projector.weight'

const modelOf = (
  raw: Parameters<typeof tokensOf>[0] & { width: number; words: number; patch: number },
): Model => {
  const decoder = {
    ...{ vocabSize: raw.words, hiddenSize: raw.width, intermediateSize: 2 * raw.width, layers: 2 },
    ...{ heads: 2, kvHeads: 1, headDim: raw.width / 2, rmsNormEps: 1e-6 },
    ...{ attentionBias: false, headNorm: false, tied: true },
  }
  const tokens = tokensOf(raw)
  const patchLength = 3 * 2 * raw.patch ** 2
  return {
    architecture: 'made_up',
    text: { ...decoder, maxPositions: 512 },
    vision: { depth: 1, mergeSize: 1, patchLength },
    tokens,
    time: 'order',
    processor: { patchSize: raw.patch, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], pixels: [1, 1e6] },
    shapes: new Map([[projector, [raw.width, patchLength]], ...decoderShapes(decoder)]),
    aliases: (name) => (name === projector ? ['eye.weight'] : []),
    clipText: (times, perPair) => '<|video_pad|>'.repeat(times.length * perPair),
    enclosed: false,
    positions: (ids, clips) =>
      mropePositions(
        ids,
        (id) => id === tokens.video,
        clips.map(({ grid: [t, h, w] }) => ({ rows: h, columns: w, steps: [...Array(t).keys()] })),
      ),
    angles: (positions) => textRope({ headDim: decoder.headDim, ropeTheta: 100 }, (i) => i % 3, positions),
    hidden: seeAndDecode(decoder, (_graph, weights, { pixels }) => ({
      tokens: reshape(linear(pixels, weights(projector, [raw.width, patchLength])), [-1, raw.width]),
      deepstack: [],
    })),
    head: (weights) => head(decoder, weights),
  }
}

/** Sees each patch by itself through one matrix, and reads and writes with two plain decoder layers. */
export const madeUp: Architecture = {
  model: z
    .object({ model_type: z.literal('made_up'), width: z.int(), words: z.int(), patch: z.int(), ...tokenIds })
    .transform(modelOf),
}
