import { countedTokens, type LossSettings, type TrainingGroup } from './batch.ts'

/**
 * What each counted token's loss is multiplied by, for [group][completion]. All normalisation is here, on the host and
 * over the whole batch, so that micro-batches of any cut add up to the same loss and gradient.
 */
export const tokenWeights = (
  groups: ReadonlyArray<TrainingGroup>,
  loss: LossSettings,
): ReadonlyArray<ReadonlyArray<number>> => {
  const counts = groups.map(({ completions }) =>
    completions.map((completion) => countedTokens(completion).length),
  )
  const flat = counts.flat()
  const tokens = Math.max(
    1,
    flat.reduce((sum, count) => sum + count, 0),
  )
  const completions = Math.max(1, flat.length)
  const share = (count: number): number => {
    switch (loss.kind) {
      case 'sft':
      case 'dapo':
        return 1 / tokens
      case 'dr_grpo':
        return 1 / (completions * loss.maxTokens)
      case 'grpo':
      case 'gspo':
        return 1 / (Math.max(1, count) * completions)
    }
  }
  return groups.map((group, g) =>
    group.completions.map((completion, c) => share(counts[g]![c]!) * (completion.weight ?? 1)),
  )
}
