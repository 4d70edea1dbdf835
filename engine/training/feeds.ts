import type { Model } from '../architectures/index.ts'
import { causalMask } from '../attention.ts'
import { scalar, type Tensors, tensor } from '../session.ts'
import type { LossSettings, TrainingGroup } from './batch.ts'
import { rowLength } from './forward.ts'
import type { PackedForward } from './packing.ts'

const causal = new Map<number, Float32Array>()

/** Tokens of the longest mask that is kept, 1 MB: the masks of long prompts would fill the memory, one for each length. */
const longestKept = 512

/** The causal mask of a length, made once where it is short. */
export const causalOf = (length: number): Float32Array => {
  if (length > longestKept) return causalMask(length)
  const found = causal.get(length)
  if (found !== undefined) return found
  const made = causalMask(length)
  causal.set(length, made)
  return made
}

/** The inputs of `packedForward`. */
export const forwardFeeds = (model: Model, packed: PackedForward, temperature: number): Tensors => {
  const { rows, prompt, group, completion, targets, height, width } = packed.layout
  const length = Number(rowLength({ rows, prompt, group, completion, targets, frames: packed.frames }))
  const half = model.text.headDim / 2
  const slots = [rows, group, targets]
  return {
    ids: tensor('int64', packed.ids, [rows, length]),
    cos: tensor('float32', packed.cos, [rows, length, half]),
    sin: tensor('float32', packed.sin, [rows, length, half]),
    prompt_mask: tensor('float32', packed.promptMask, [rows, 1, 1, prompt]),
    prompt_causal: tensor('float32', causalOf(prompt), [prompt, prompt]),
    completion_causal: tensor('float32', causalOf(completion), [completion, completion]),
    target_mask: tensor('float32', packed.targetMask, slots),
    target_rows: tensor('int64', packed.targetRows, slots),
    target_ids: tensor('int64', packed.targetIds, slots),
    inverse_temperature: scalar(1 / temperature),
    ...(packed.frames > 0 && {
      pixels: tensor('float32', packed.pixels, [packed.frames, height * width, model.vision.patchLength]),
      visual_rows: tensor('int64', packed.visualRows),
    }),
  }
}

/** The inputs of the loss, laid out in the slots of `packed`. `weights` is `tokenWeights` of the whole batch. */
export const lossFeeds = (
  packed: PackedForward,
  groups: ReadonlyArray<TrainingGroup>,
  loss: LossSettings,
  weights: ReadonlyArray<ReadonlyArray<number>>,
): Tensors => {
  const { rows, group: size, targets } = packed.layout
  const sequences = rows * size
  const slots = () => new Float32Array(sequences * targets)
  const perSequence = () => new Float32Array(sequences)
  const tokenWeight = slots()
  const old = slots()
  const reference = slots()
  const advantages = perSequence()
  const onPolicy = perSequence().fill(1)
  const inverseCounts = perSequence()
  for (const { group, completion, slot, counted } of packed.sequences) {
    const one = groups[group]!.completions[completion]!
    tokenWeight.fill(weights[group]![completion]!, slot * targets, slot * targets + counted.length)
    advantages[slot] = one.advantage ?? 0
    onPolicy[slot] = one.oldLogProbs === undefined ? 1 : 0
    inverseCounts[slot] = 1 / Math.max(1, counted.length)
    counted.forEach((token, target) => {
      old[slot * targets + target] = one.oldLogProbs?.[token] ?? 0
      reference[slot * targets + target] = one.refLogProbs?.[token] ?? 0
    })
  }
  const shape = [sequences, targets]
  const column = [sequences, 1]
  return {
    weights: tensor('float32', tokenWeight, shape),
    ...(loss.kind !== 'sft' && {
      advantages: tensor('float32', advantages, column),
      old: tensor('float32', old, shape),
      on_policy: tensor('float32', onPolicy, column),
      ...(loss.kind === 'gspo' && { inverse_counts: tensor('float32', inverseCounts, column) }),
      ...(loss.beta > 0 && { reference: tensor('float32', reference, shape) }),
    }),
  }
}
