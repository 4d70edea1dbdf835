import type { LossSettings, TrainingGroup } from '../../engine/training/batch.ts'

/**
 * The losses once more, token by token in double precision and straight from their papers, as a function of the
 * log-probabilities [group][completion][token]. Slow and plain on purpose.
 */
export const restatedLoss = (
  groups: ReadonlyArray<TrainingGroup>,
  logProbs: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>,
  loss: LossSettings,
): number => {
  const sequences = groups.flatMap(({ completions }, g) =>
    completions.map((completion, c) => {
      const kept = completion.tokens.flatMap((_, t) => ((completion.lossMask?.[t] ?? 1) !== 0 ? [t] : []))
      return { completion, kept, now: logProbs[g]![c]! }
    }),
  )
  const allTokens = sequences.reduce((sum, { kept }) => sum + kept.length, 0)
  const sum = (list: ReadonlyArray<number>) => list.reduce((a, b) => a + b, 0)
  const totals = sequences.map(({ completion, kept, now }) => {
    const weight = completion.weight ?? 1
    if (loss.kind === 'sft') return (weight * sum(kept.map((t) => -now[t]!))) / allTokens
    const old = completion.oldLogProbs ?? now
    const advantage = completion.advantage ?? 0
    const sequenceRatio = Math.exp(sum(kept.map((t) => now[t]! - old[t]!)) / Math.max(1, kept.length))
    const perToken = kept.map((t) => {
      const ratio = loss.kind === 'gspo' ? sequenceRatio : Math.exp(now[t]! - old[t]!)
      const held = Math.min(Math.max(ratio, 1 - loss.clipLow), 1 + loss.clipHigh)
      const surrogate = Math.min(ratio * advantage, held * advantage)
      const gap = (completion.refLogProbs?.[t] ?? now[t]!) - now[t]!
      return -surrogate + loss.beta * (Math.exp(gap) - gap - 1)
    })
    const normaliser = {
      grpo: Math.max(1, kept.length) * sequences.length,
      gspo: Math.max(1, kept.length) * sequences.length,
      dapo: allTokens,
      dr_grpo: sequences.length * loss.maxTokens,
    }[loss.kind]
    return (weight * sum(perToken)) / normaliser
  })
  return sum(totals)
}
