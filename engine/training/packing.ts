import { type Model, textPositions } from '../architectures/index.ts'
import { unseen } from '../attention.ts'
import type { Layout } from '../layout.ts'
import type { ProcessedPrompt } from '../processor/index.ts'
import { type CompletionClips, countedTokens, type TrainingCompletion, type TrainingGroup } from './batch.ts'

/** What the forward pass of a micro-batch is fed. L = prompt + group * completion, S = rows * group. */
export interface PackedForward {
  readonly layout: Layout
  /** Frame pairs of all rows, one row after the other. */
  readonly frames: number
  /**
   * [rows, L]: a row is its prompt without the last token, then its completions one after the other, each padded on the
   * right. A completion's part starts with the prompt's last token and ends before the completion's own last: position i
   * of it predicts token i, so that only the completions' parts have targets.
   */
  readonly ids: BigInt64Array
  /** [rows, L, headDim / 2]: each completion's positions continue those of the prompt. */
  readonly cos: Float32Array
  readonly sin: Float32Array
  /** [rows, 1, 1, prompt], additive: 0 on the prompt's tokens, `unseen` on its padding. */
  readonly promptMask: Float32Array
  /** [frames, height * width, patch length]. */
  readonly pixels: Float32Array
  /** Rows of the flattened [rows * L] that are video tokens. */
  readonly visualRows: BigInt64Array
  /**
   * [S * targets]: row of the flattened [rows * group * completion] whose hidden state predicts the target. No row is
   * named twice: the padding names other rows of its own completion.
   */
  readonly targetRows: BigInt64Array
  /** [S * targets]: the target tokens; 0 in the padding. */
  readonly targetIds: BigInt64Array
  /** [S * targets]: 1 on targets, 0 in the padding. */
  readonly targetMask: Float32Array
  /** For each target slot's sequence: which completion of which group it is. */
  readonly sequences: ReadonlyArray<{
    readonly group: number
    readonly completion: number
    readonly slot: number
    /** Which of the completion's tokens the targets are. */
    readonly counted: ReadonlyArray<number>
  }>
}

const writeIds = (into: BigInt64Array, at: number, ids: ArrayLike<number>): void => {
  for (let i = 0; i < ids.length; i++) into[at + i] = BigInt(ids[i]!)
}

/** [3, L] positions of one packed row. Padding keeps position 0: nothing that counts sees it. */
const rowPositions = (
  prompt: ProcessedPrompt,
  completions: ReadonlyArray<TrainingCompletion>,
  layout: Layout,
): Int32Array => {
  const length = layout.prompt + layout.group * layout.completion
  const all = prompt.inputIds.length
  const before = all - 1
  const positions = new Int32Array(3 * length)
  for (let axis = 0; axis < 3; axis++)
    positions.set(prompt.positions.subarray(axis * all, axis * all + before), axis * length)
  completions.forEach(({ tokens, clips }, index) => {
    const { length: count } = tokens
    // The part begins with the prompt's last token and ends before the completion's own last.
    const following = textPositions(prompt.positions[before]!, count)
    for (let axis = 0; axis < 3; axis++) {
      const at = axis * length + layout.prompt + index * layout.completion
      positions.set(following.subarray(axis * count, (axis + 1) * count), at)
      if (clips !== undefined)
        positions.set(clips.positions.subarray(axis * count, (axis + 1) * count - 1), at + 1)
    }
  })
  return positions
}

/** Names the rows of a slot's counted tokens, then as many others of its completion as there are targets left. */
const fillDistinct = (
  targetRows: BigInt64Array,
  slot: number,
  { completion, targets }: Layout,
  counted: ReadonlyArray<number>,
): void => {
  const taken = new Set(counted)
  const places = [...counted]
  for (let i = 0; places.length < targets; i++) if (!taken.has(i)) places.push(i)
  places.forEach((place, target) => {
    targetRows[slot * targets + target] = BigInt(slot * completion + place)
  })
}

/** Lays the chosen groups out as the rows of one micro-batch. */
export const pack = (
  model: Model,
  groups: ReadonlyArray<TrainingGroup>,
  chosen: ReadonlyArray<number>,
  layout: Layout,
): PackedForward => {
  const { rows, prompt: promptLength, group: size, completion: width, targets } = layout
  const length = promptLength + size * width
  const half = model.text.headDim / 2
  const members = chosen.map((index) => groups[index]!)
  const patch = model.vision.patchLength * layout.height * layout.width
  const clips = members.flatMap(({ prompt, completions }) => [
    prompt,
    ...completions.flatMap((completion) => completion.clips ?? []),
  ])
  const frames = clips.reduce((sum, { grids }) => sum + grids.reduce((n, [t]) => n + t, 0), 0)
  const ids = new BigInt64Array(rows * length)
  const cos = new Float32Array(rows * length * half)
  const sin = new Float32Array(rows * length * half)
  const promptMask = new Float32Array(rows * promptLength)
  const pixels = new Float32Array(frames * patch)
  const visualRows = new BigInt64Array(clips.reduce((sum, { visual }) => sum + visual.length, 0))
  const targetRows = new BigInt64Array(rows * size * targets)
  for (let slot = 0; slot < rows * size; slot++) fillDistinct(targetRows, slot, layout, [])
  const targetIds = new BigInt64Array(rows * size * targets)
  const targetMask = new Float32Array(rows * size * targets)
  const sequences: Array<PackedForward['sequences'][number]> = []
  let pixel = 0
  let visual = 0
  members.forEach(({ prompt, completions }, row) => {
    const base = row * length
    const before = prompt.inputIds.length - 1
    writeIds(ids, base, prompt.inputIds.subarray(0, before))
    const tables = model.angles(rowPositions(prompt, completions, layout))
    cos.set(tables.cos, base * half)
    sin.set(tables.sin, base * half)
    promptMask.fill(unseen, row * promptLength + before, (row + 1) * promptLength)
    const see = (shown: CompletionClips, from: number) => {
      pixels.set(shown.pixels, pixel)
      pixel += shown.pixels.length
      for (const place of shown.visual) visualRows[visual++] = BigInt(from + place)
    }
    see(prompt, base)
    completions.forEach((completion, index) => {
      const start = base + promptLength + index * width
      const slot = row * size + index
      const counted = countedTokens(completion)
      writeIds(ids, start, [prompt.inputIds[before]!, ...completion.tokens.slice(0, -1)])
      if (completion.clips !== undefined) see(completion.clips, start + 1)
      fillDistinct(targetRows, slot, layout, counted)
      counted.forEach((token, target) => {
        const at = slot * targets + target
        targetIds[at] = BigInt(completion.tokens[token]!)
        targetMask[at] = 1
      })
      sequences.push({ group: chosen[row]!, completion: index, slot, counted })
    })
  })
  return {
    layout,
    frames,
    ids,
    cos,
    sin,
    promptMask,
    pixels,
    visualRows,
    targetRows,
    targetIds,
    targetMask,
    sequences,
  }
}
