import type { Model } from '../architectures/index.ts'
import { causalMask, unseen } from '../attention.ts'
import { checkPrompt, frameSize, roundUp, steps } from '../layout.ts'
import type { ProcessedPrompt } from '../processor/index.ts'
import { type Tensors, tensor } from '../session.ts'

/** Prompts that are prefilled and decoded together, padded on the right to one length. */
export interface PromptBatch {
  /** Their places in the list that was asked for. */
  readonly places: ReadonlyArray<number>
  readonly prompts: ReadonlyArray<ProcessedPrompt>
  readonly length: number
  readonly height: number
  readonly width: number
}

export interface BatchLimits {
  /** Sequences decoded together. */
  readonly sequences: number
  /** Prompt tokens prefilled together, padding included. */
  readonly tokens: number
}

/** Puts prompts of one frame size and of like length together, within the limits (one prompt may exceed them). */
export const promptBatches = (
  prompts: ReadonlyArray<ProcessedPrompt>,
  samples: number,
  limits: BatchLimits,
): ReadonlyArray<PromptBatch> => {
  const order = prompts
    .map((prompt, place) => {
      checkPrompt(prompt, `prompt ${place}`)
      const [height, width] = frameSize(prompt)
      return { place, prompt, height, width, length: roundUp(prompt.inputIds.length - 1, steps.prompt) }
    })
    .sort((a, b) => a.height - b.height || a.width - b.width || a.length - b.length || a.place - b.place)
  const batches: Array<{
    places: Array<number>
    prompts: Array<ProcessedPrompt>
    length: number
    height: number
    width: number
  }> = []
  for (const { place, prompt, height, width, length } of order) {
    const last = batches.at(-1)
    const rows = (last?.places.length ?? 0) + 1
    const fits = rows * samples <= limits.sequences && rows * length <= limits.tokens
    if (last !== undefined && fits && last.height === height && last.width === width) {
      last.places.push(place)
      last.prompts.push(prompt)
      last.length = length
    } else batches.push({ places: [place], prompts: [prompt], length, height, width })
  }
  return batches
}

/** [rows, 1, 1, prompt], additive. */
export const paddingMask = (lengths: ReadonlyArray<number>, padded: number): Float32Array => {
  const mask = new Float32Array(lengths.length * padded)
  lengths.forEach((length, row) => {
    mask.fill(unseen, row * padded + length, (row + 1) * padded)
  })
  return mask
}

/** The inputs of the prefill graph: the prompts without their last token. */
export const prefillFeeds = (model: Model, batch: PromptBatch): Tensors => {
  const { prompts, length, height, width } = batch
  const rows = prompts.length
  const half = model.text.headDim / 2
  const ids = new BigInt64Array(rows * length)
  const cos = new Float32Array(rows * length * half)
  const sin = new Float32Array(rows * length * half)
  const frames = prompts.reduce((sum, { grids }) => sum + grids.reduce((n, [t]) => n + t, 0), 0)
  const pixels = new Float32Array(prompts.reduce((sum, prompt) => sum + prompt.pixels.length, 0))
  const visualRows = new BigInt64Array(prompts.reduce((sum, { visual }) => sum + visual.length, 0))
  let pixel = 0
  let visual = 0
  prompts.forEach((prompt, row) => {
    const base = row * length
    const before = prompt.inputIds.length - 1
    for (let i = 0; i < before; i++) ids[base + i] = BigInt(prompt.inputIds[i]!)
    const tables = model.angles(prompt.positions)
    cos.set(tables.cos.subarray(0, before * half), base * half)
    sin.set(tables.sin.subarray(0, before * half), base * half)
    pixels.set(prompt.pixels, pixel)
    pixel += prompt.pixels.length
    for (const at of prompt.visual) visualRows[visual++] = BigInt(base + at)
  })
  return {
    ids: tensor('int64', ids, [rows, length]),
    cos: tensor('float32', cos, [rows, length, half]),
    sin: tensor('float32', sin, [rows, length, half]),
    causal: tensor('float32', causalMask(length), [length, length]),
    ...(frames > 0 && {
      pixels: tensor('float32', pixels, [frames, height * width, model.vision.patchLength]),
      visual_rows: tensor('int64', visualRows),
    }),
  }
}
