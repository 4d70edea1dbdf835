import { InputError } from '../../core/index.ts'
import type { Model } from '../architectures/index.ts'
import type { Preprocessing } from '../checkpoint/checkpoint.ts'
import { evenlySpaced, pairTimes, patchify } from './frames.ts'
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

/**
 * Turns messages into what the model takes, as the architecture's processor in transformers does. Times are the true
 * times of the clip's frames. Special tokens in texts are text. Throws `InputError` where the template does not write each
 * video once, where the prompt is longer than the model holds (it is never truncated), and where frames are unevenly spaced
 * for a model that knows only their interval or order.
 */
export const processMessages = (
  checkpoint: Preprocessing,
  messages: ReadonlyArray<Message>,
  { addGenerationPrompt = true, visionWrap = 'transformers', variables = {} }: ProcessOptions = {},
): ProcessedPrompt => {
  const settings = checkpoint.processor
  const { tokenizer, template, model } = checkpoint
  const clips: Array<Frames> = []
  const rendered = template(
    messages.map(({ role, content }) => ({
      role,
      content: content.map((part) => {
        if (part.type === 'text') return { type: 'text' as const, text: tokenizer.escape(part.text) }
        clips.push(part.clip)
        return { type: 'video' as const }
      }),
    })),
    { addGenerationPrompt, variables },
  )
  const cut = visionWrap === 'vllm' && model.enclosed ? `${start}${pad}${end}` : pad
  const pieces = rendered.split(cut)
  if (pieces.length !== clips.length + 1 || pieces.some((piece) => piece.includes(pad))) {
    throw new InputError({
      subject: 'prompt',
      problem: `holds ${rendered.split(pad).length - 1} ${pad} for ${clips.length} videos`,
      remedy: 'give videos to user messages only, or restore the chat template',
    })
  }
  if (model.time !== 'text' && !clips.every(evenlySpaced)) throw uneven(model)
  const parts = clips.map((clip) => patchify(clip, settings))
  const expanded = pieces.reduce((before, piece, number) => {
    const [, h, w] = parts[number - 1]!.grid
    const tokens = (h * w) / settings.mergeSize ** 2
    const times = pairTimes(clips[number - 1]!.times, settings.temporalPatchSize)
    return before + model.clipText(times, tokens) + piece
  })
  const { text, ids } = tokenizer.encodePrompt(expanded)
  const inputIds = Int32Array.from(ids)
  if (inputIds.length > model.text.maxPositions) {
    throw new InputError({
      subject: 'prompt',
      problem: `has ${inputIds.length} tokens, the model holds ${model.text.maxPositions}`,
      remedy: 'take fewer or smaller frames, or a shorter text',
    })
  }
  const grids = parts.map((part) => part.grid)
  const shapes = clips.map((clip, number) => ({
    grid: grids[number]!,
    secondsPerPair: settings.temporalPatchSize / clip.fps,
  }))
  const positions = model.positions(inputIds, shapes, visionWrap)
  const visual: Array<number> = []
  inputIds.forEach((id, index) => {
    if (id === model.tokens.video) visual.push(index)
  })
  return {
    text,
    inputIds,
    pixels: joined(parts.map((part) => part.pixels)),
    grids,
    visual: Int32Array.from(visual),
    positions,
  }
}

const uneven = ({ architecture }: Model) =>
  new InputError({
    subject: 'prompt',
    problem: `its frames are not evenly spaced, and ${architecture} takes frames at one interval only`,
    remedy: 'blank hidden frames instead of dropping them (mask mode blank), and take frames at an even rate',
  })

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
