import type { Model } from '../contract.ts'
import { decoderShapes, head } from './decoder.ts'
import { tokensOf } from './fields.ts'
import { mergedSides, mropePositions } from './positions.ts'
import type { Qwen2Text } from './qwen2-config.ts'
import { textRope } from './rope.ts'
import { seeAndDecode, type Tower } from './see.ts'
import { patchLength, type TowerSettings } from './tower.ts'
import type { NamedShape } from './weights.ts'

type Raw = Parameters<typeof tokensOf>[0] & { readonly text_config: Qwen2Text }

/** Sections of the frequencies turn with time, then height, then width: transformers' `mrope_section` of Qwen2-VL. */
const axisOf =
  ({ mropeSection: [time, height] }: Qwen2Text) =>
  (frequency: number): number =>
    frequency < time! ? 0 : frequency < time! + height! ? 1 : 2

/** Published checkpoints name the tower `visual.` and the decoder `model.`. */
const publishedName = (name: string): ReadonlyArray<string> => [
  name.startsWith('model.visual.')
    ? name.slice('model.'.length)
    : name.replace(/^model\.language_model\./, 'model.'),
]

/** A model of the Qwen2-VL family from its parsed config, its tower, and the temporal positions of a clip. */
export const qwen2Model = (
  architecture: string,
  raw: Raw,
  vision: TowerSettings,
  {
    tower,
    shapes,
    time,
    steps,
  }: {
    readonly tower: Tower
    readonly shapes: ReadonlyArray<NamedShape>
    readonly time: Model['time']
    /** Temporal position of each frame pair, counted from the clip's start. */
    readonly steps: (pairs: number, secondsPerPair: number) => ReadonlyArray<number>
  },
): Model => {
  const text = raw.text_config
  const tokens = tokensOf(raw)
  const { depth, mergeSize } = vision
  const axis = axisOf(text)
  return {
    architecture,
    text,
    vision: { depth, mergeSize, patchLength: patchLength(vision) },
    tokens,
    time,
    processor: {
      patchSize: 14,
      mean: [0.48145466, 0.4578275, 0.40821073],
      std: [0.26862954, 0.26130258, 0.27577711],
      pixels: [128 * 28 * 28, 768 * 28 * 28],
    },
    shapes: new Map([...shapes, ...decoderShapes(text)]),
    aliases: publishedName,
    clipText: (times, perPair) => '<|video_pad|>'.repeat(times.length * perPair),
    enclosed: false,
    positions: (inputIds, clips, convention) =>
      mropePositions(
        inputIds,
        (id) => id === tokens.video || id === tokens.image,
        clips.map(({ grid, secondsPerPair }) => ({
          ...mergedSides(grid, mergeSize),
          steps: steps(grid[0], secondsPerPair),
        })),
        convention,
      ),
    angles: (positions) => textRope(text, axis, positions),
    hidden: seeAndDecode(text, tower),
    head: (weights) => head(text, weights),
  }
}
