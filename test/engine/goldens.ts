import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { readSafetensors } from '../../engine/checkpoint/index.ts'
import type { Frames, Message } from '../../engine/processor/index.ts'

const root = path.join(import.meta.dirname, '..', 'fixtures')

/** The checkpoints of Qwen3-VL that `test/fixtures/qwen3vl/make_goldens.py` wrote. */
export const fixtures = path.join(root, 'qwen3vl')

/** Every checkpoint whose results transformers has computed, under its path in `test/fixtures`. */
export const goldenNames = [
  'qwen3vl/tied',
  'qwen3vl/untied',
  'qwen2vl/qwen2.5-vl',
  'qwen2vl/qwen2-vl',
] as const
export type GoldenName = (typeof goldenNames)[number]

export const folderOf = (name: GoldenName): string => path.join(root, name)

/** What transformers computed: `expected` has logits and pixels, `gradients` those of the loss of GRPO. */
export const expectedTensors = (name: GoldenName, kind: 'expected' | 'gradients') =>
  readSafetensors(path.join(root, `${name}.${kind}.safetensors`))

/** Every `stride`-th number, as the scripts keep them. */
export const kept = (values: Float32Array, stride: number): Float32Array =>
  stride === 1 ? values : values.filter((_, index) => index % stride === 0)

const integers = z.array(z.number().int())
const message = z.object({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.array(z.object({ type: z.enum(['text', 'video']), text: z.string().optional() })),
})
const schema = z.object({
  clips: z.array(
    z.object({
      seed: z.number(),
      frames: z.number(),
      height: z.number(),
      width: z.number(),
      indices: integers,
      fps: z.number(),
    }),
  ),
  strides: z
    .object({ logits: z.number(), pixels: z.number(), gradients: z.number() })
    .default({ logits: 1, pixels: 7, gradients: 1 }),
  cases: z.array(
    z.object({
      clips: integers,
      generate: z.boolean(),
      messages: z.array(message),
      text: z.string(),
      ids: integers,
      grids: z.array(integers).optional(),
      positions: z.array(integers).optional(),
      greedy: integers.optional(),
    }),
  ),
  texts: z.array(z.object({ text: z.string(), ids: integers, decoded: z.string() })),
  grpo: z.object({
    loss: z.number(),
    clipLow: z.number(),
    clipHigh: z.number(),
    beta: z.number(),
    completions: z.array(
      z.object({
        tokens: integers,
        advantage: z.number(),
        oldLogProbs: z.array(z.number()),
        refLogProbs: z.array(z.number()),
        logProbs: z.array(z.number()),
      }),
    ),
  }),
})

export type Golden = z.output<typeof schema>

export const golden = (name: GoldenName): Golden =>
  schema.parse(JSON.parse(readFileSync(path.join(root, `${name}.json`), 'utf8')))

/** The frames that the script makes for a clip: high bytes of a small congruential generator. */
export const frames = (clip: Golden['clips'][number]): Frames => {
  const rgb = new Uint8Array(clip.frames * clip.height * clip.width * 3)
  let state = clip.seed
  for (let i = 0; i < rgb.length; i++) {
    state = Number((BigInt(state) * 1103515245n + 12345n) & 0x7fffffffn)
    rgb[i] = (state >>> 16) & 255
  }
  const times = Float64Array.from(clip.indices, (index) => index / clip.fps)
  const fps = clip.fps / (clip.indices[1]! - clip.indices[0]!)
  return { width: clip.width, height: clip.height, times, fps, rgb }
}

/** The messages of a case with its clips put in. */
export const messagesOf = (all: Golden, number: number): Array<Message> => {
  const one = all.cases[number]!
  const clips = one.clips.map((clip) => frames(all.clips[clip]!))
  return one.messages.map(({ role, content }) => ({
    role,
    content: content.map((part) =>
      part.type === 'video'
        ? { type: 'video', clip: clips.shift()! }
        : { type: 'text', text: part.text ?? '' },
    ),
  }))
}
