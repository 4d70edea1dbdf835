import type { Ending } from '../agents/index.ts'
import type { SeekUse } from './evaluator/seek-replies.ts'
import type { MetricColumn } from './statistics/column.ts'
import type { Suite } from './suite.ts'

/** What conversations took, by sample id. */
export type SeekUses = ReadonlyMap<string, SeekUse>

const figures: ReadonlyArray<readonly [string, (use: SeekUse) => number | null]> = [
  ['rounds', ({ rounds }) => rounds.length],
  ['frames', ({ frames }) => frames],
  ['tokens', ({ tokens }) => tokens],
  ['seconds', ({ seconds }) => seconds],
]

/**
 * A suite with the cost of seeking frames beside its own metrics, by question: rounds, different frames shown, tokens of
 * all prompts and replies, and seconds of waiting. A sample without a conversation counts in none of them.
 */
export const withSeeking = (suite: Suite, uses: SeekUses): Suite => ({
  ...suite,
  headline: [...suite.headline, ...figures.map(([metric]) => metric)],
  score: (samples, predictions, rule) => {
    const scored = suite.score(samples, predictions, rule)
    const columns = figures.map(([metric, figure]): MetricColumn => {
      const found = samples.map(({ id }) => {
        const use = uses.get(id)
        return use === undefined ? null : figure(use)
      })
      return {
        metric,
        values: Float64Array.from(found, (value) => value ?? 0),
        counted: Uint8Array.from(found, (value) => (value === null ? 0 : 1)),
        scale: 1,
      }
    })
    return { ...scored, columns: [...scored.columns, ...columns] }
  },
})

/** How many conversations ended in each way; ways that did not occur are left out. */
export const endingCounts = (uses: SeekUses): { readonly [ending in Ending]?: number } => {
  const counts: { [ending in Ending]?: number } = {}
  for (const { ending } of uses.values()) counts[ending] = (counts[ending] ?? 0) + 1
  return counts
}
