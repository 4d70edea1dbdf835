import { InputError } from '../../core/index.ts'
import type { Preprocessing } from '../checkpoint/checkpoint.ts'
import { ropePositions } from '../qwen3vl/positions.ts'
import { oneDecimal, pairTimes, patchify } from './frames.ts'
import type { Frames, Message, ProcessedPrompt, VisionWrap } from './types.ts'

export interface ProcessOptions {
  /** End with the opening of the assistant's turn (default true). */
  readonly addGenerationPrompt?: boolean
  /** Default 'transformers'. */
  readonly visionWrap?: VisionWrap
  /** Further variables of the chat template. */
  readonly variables?: Readonly<Record<string, unknown>>
}

const start = '<|vision_start|>'
const pad = '<|video_pad|>'
const end = '<|vision_end|>'

/** What stands for a clip in the text: for each frame pair its time and as many pad tokens as it has merged patches. */
const placeholder = (clip: Frames, tokensPerPair: number, depth: number): string =>
  pairTimes(clip.times, depth)
    .map((time) => `<${oneDecimal(time)} seconds>${start}${pad.repeat(tokensPerPair)}${end}`)
    .join('')

/**
 * Turns messages into what the model takes, as transformers' `Qwen3VLProcessor` does. Times are the true times of the
 * clip's frames, so frames may be dropped or blank without anything else to tell. Throws `InputError` where a text
 * itself holds the video token, and where the prompt is longer than the model holds: it is never truncated.
 */
export const processMessages = (
  checkpoint: Preprocessing,
  messages: ReadonlyArray<Message>,
  { addGenerationPrompt = true, visionWrap = 'transformers', variables = {} }: ProcessOptions = {},
): ProcessedPrompt => {
  const settings = checkpoint.processor
  const { tokenizer, template, config } = checkpoint
  const clips: Array<Frames> = []
  const rendered = template(
    messages.map(({ role, content }) => ({
      role,
      content: content.map((part) => {
        if (part.type === 'text') return part
        clips.push(part.clip)
        return { type: 'video' as const }
      }),
    })),
    { addGenerationPrompt, variables },
  )
  const cut = visionWrap === 'vllm' ? `${start}${pad}${end}` : pad
  const pieces = rendered.split(cut)
  if (pieces.length !== clips.length + 1 || pieces.some((piece) => piece.includes(pad))) {
    throw new InputError({
      subject: 'prompt',
      problem: `holds ${rendered.split(pad).length - 1} ${pad} for ${clips.length} videos`,
      remedy: `remove ${pad} from the text, and give videos to user messages only`,
    })
  }
  const parts = clips.map((clip) => patchify(clip, settings))
  const text = pieces.reduce((before, piece, number) => {
    const [, h, w] = parts[number - 1]!.grid
    const tokens = (h * w) / settings.mergeSize ** 2
    return before + placeholder(clips[number - 1]!, tokens, settings.temporalPatchSize) + piece
  })
  const inputIds = Int32Array.from(tokenizer.encode(text))
  if (inputIds.length > config.text.maxPositions) {
    throw new InputError({
      subject: 'prompt',
      problem: `has ${inputIds.length} tokens, the model holds ${config.text.maxPositions}`,
      remedy: 'take fewer or smaller frames, or a shorter text',
    })
  }
  const grids = parts.map((part) => part.grid)
  const { positions, delta } = ropePositions(inputIds, grids, config)
  const visual: Array<number> = []
  inputIds.forEach((id, index) => {
    if (id === config.videoTokenId) visual.push(index)
  })
  return {
    text,
    inputIds,
    pixels: joined(parts.map((part) => part.pixels)),
    grids,
    visual: Int32Array.from(visual),
    positions,
    ropeDelta: delta,
  }
}

const joined = (arrays: ReadonlyArray<Float32Array>): Float32Array => {
  if (arrays.length === 1) return arrays[0]!
  const all = new Float32Array(arrays.reduce((length, array) => length + array.length, 0))
  let offset = 0
  for (const array of arrays) {
    all.set(array, offset)
    offset += array.length
  }
  return all
}
