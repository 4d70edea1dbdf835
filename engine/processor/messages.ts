import { InputError } from '../../core/index.ts'
import type { Model } from '../architectures/index.ts'
import type { Preprocessing } from '../checkpoint/checkpoint.ts'
import { evenlySpaced, pairTimes, patchify } from './frames.ts'
import type { Content, Frames, Message, ProcessedPrompt, VisionWrap } from './types.ts'

export interface ProcessOptions {
  /** End with the opening of the assistant's turn (default true). */
  readonly addGenerationPrompt?: boolean
  /** Default 'transformers'. */
  readonly visionWrap?: VisionWrap
  /** Further variables of the chat template. */
  readonly variables?: Readonly<Record<string, unknown>>
}

const start = '<|vision_start|>'
const pads = { video: '<|video_pad|>', image: '<|image_pad|>' } as const
const end = '<|vision_end|>'

/** A rendered text between its clips, and the kind of clip that each gap stands for. */
const cutAtClips = (rendered: string, cuts: Readonly<Record<'video' | 'image', string>>) => {
  const pieces: Array<string> = []
  const kinds: Array<'video' | 'image'> = []
  let from = 0
  for (;;) {
    const [video, image] = [rendered.indexOf(cuts.video, from), rendered.indexOf(cuts.image, from)]
    const at = video < 0 || (image >= 0 && image < video) ? image : video
    pieces.push(rendered.slice(from, at < 0 ? undefined : at))
    if (at < 0) return { pieces, kinds }
    const kind = at === video ? 'video' : 'image'
    kinds.push(kind)
    from = at + cuts[kind].length
  }
}

/**
 * Turns messages into what the model takes, as the architecture's processor in transformers does. Times are the true
 * times of a video's frames. Special tokens in texts are text. Throws `InputError` where the template does not write each
 * video and image once, where the prompt is longer than the model holds (it is never truncated), and where frames are
 * unevenly spaced for a model that knows only their interval or order.
 */
export const processMessages = (
  checkpoint: Preprocessing,
  messages: ReadonlyArray<Message>,
  { addGenerationPrompt = true, visionWrap = 'transformers', variables = {} }: ProcessOptions = {},
): ProcessedPrompt => {
  const settings = checkpoint.processor
  const { tokenizer, template, model } = checkpoint
  const clips: Array<Extract<Content, { readonly clip: Frames }>> = []
  const rendered = template(
    messages.map(({ role, content }) => ({
      role,
      content: content.map((part) => {
        if (part.type === 'text') return { type: 'text' as const, text: tokenizer.escape(part.text) }
        clips.push(part)
        return { type: part.type }
      }),
    })),
    { addGenerationPrompt, variables },
  )
  const { pieces, kinds } = cutAtClips(
    rendered,
    visionWrap === 'vllm' && model.enclosed ? { ...pads, video: `${start}${pads.video}${end}` } : pads,
  )
  if (
    kinds.join() !== clips.map(({ type }) => type).join() ||
    pieces.some((piece) => piece.includes(pads.video))
  )
    throw misplaced(rendered, clips)
  if (model.time !== 'text' && !clips.every(({ clip }) => evenlySpaced(clip))) throw uneven(model)
  const parts = clips.map(({ clip }) => patchify(clip, settings))
  const expanded = pieces.reduce((before, piece, number) => {
    const [, h, w] = parts[number - 1]!.grid
    const tokens = (h * w) / settings.mergeSize ** 2
    const { type, clip } = clips[number - 1]!
    const stands =
      type === 'image'
        ? pads.image.repeat(tokens)
        : model.clipText(pairTimes(clip.times, settings.temporalPatchSize), tokens)
    return before + stands + piece
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
  const shapes = clips.map(({ clip }, number) => ({
    grid: grids[number]!,
    secondsPerPair: settings.temporalPatchSize / clip.fps,
  }))
  const positions = model.positions(inputIds, shapes, visionWrap)
  const visual: Array<number> = []
  inputIds.forEach((id, index) => {
    if (id === model.tokens.video || id === model.tokens.image) visual.push(index)
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

const misplaced = (rendered: string, clips: ReadonlyArray<{ readonly type: 'video' | 'image' }>) => {
  const said = (['video', 'image'] as const).flatMap((kind) => {
    const wanted = clips.filter(({ type }) => type === kind).length
    const found = rendered.split(pads[kind]).length - 1
    return kind === 'video' || found + wanted > 0 ? `${found} ${pads[kind]} for ${wanted} ${kind}s` : []
  })
  return new InputError({
    subject: 'prompt',
    problem: `holds ${said.join(' and ')}`,
    remedy: 'give videos and images to user messages only, or restore the chat template',
  })
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
