import type { LossSettings, TrainingGroup, UpdateMetrics } from './batch.ts'
import type { PackedForward } from './packing.ts'

/** What `summarise` adds up; sums over counted tokens unless said otherwise. */
interface Sums {
  tokens: number
  logProb: number
  entropy: number
  ratio: number
  kl: number
  klTokens: number
  /** Of tokens, or of completions for gspo. */
  clippedLow: number
  clippedHigh: number
  ratios: number
}

/** Adds up the metrics of an update, micro-batch by micro-batch. */
export class MetricSums {
  private readonly loss: LossSettings
  private readonly sums: Sums = {
    tokens: 0,
    logProb: 0,
    entropy: 0,
    ratio: 0,
    kl: 0,
    klTokens: 0,
    clippedLow: 0,
    clippedHigh: 0,
    ratios: 0,
  }

  constructor(loss: LossSettings) {
    this.loss = loss
  }

  /** `logProbs` and `entropy` are [S, targets], as the graph gives them. */
  add(
    packed: PackedForward,
    groups: ReadonlyArray<TrainingGroup>,
    logProbs: Float32Array,
    entropy: Float32Array,
  ): void {
    const { sums, loss } = this
    for (const { group, completion, slot, counted } of packed.sequences) {
      const one = groups[group]!.completions[completion]!
      const advantage = one.advantage ?? 0
      let logRatio = 0
      counted.forEach((token, target) => {
        const at = slot * packed.layout.targets + target
        const now = logProbs[at]!
        sums.logProb += now
        sums.entropy += entropy[at]!
        const change = now - (one.oldLogProbs?.[token] ?? now)
        logRatio += change
        if (loss.kind !== 'gspo') this.ratio(Math.exp(change), advantage)
        const reference = one.refLogProbs?.[token]
        if (reference !== undefined) {
          sums.kl += Math.exp(reference - now) - (reference - now) - 1
          sums.klTokens++
        }
      })
      sums.tokens += counted.length
      if (loss.kind === 'gspo') this.ratio(Math.exp(logRatio / Math.max(1, counted.length)), advantage)
    }
  }

  private ratio(ratio: number, advantage: number): void {
    const { sums, loss } = this
    sums.ratio += ratio
    sums.ratios++
    if (loss.kind === 'sft') return
    if (advantage < 0 && ratio < 1 - loss.clipLow) sums.clippedLow++
    if (advantage > 0 && ratio > 1 + loss.clipHigh) sums.clippedHigh++
  }

  /** The means. */
  result(): Pick<
    UpdateMetrics,
    'entropy' | 'logProb' | 'clipLowFraction' | 'clipHighFraction' | 'ratio' | 'kl' | 'tokens'
  > {
    const { sums } = this
    const tokens = Math.max(1, sums.tokens)
    const ratios = Math.max(1, sums.ratios)
    return {
      entropy: sums.entropy / tokens,
      logProb: sums.logProb / tokens,
      clipLowFraction: sums.clippedLow / ratios,
      clipHighFraction: sums.clippedHigh / ratios,
      ratio: sums.ratio / ratios,
      kl: sums.kl / Math.max(1, sums.klTokens),
      tokens: sums.tokens,
    }
  }
}
