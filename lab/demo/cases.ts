import { join } from 'node:path'
import { Effect } from 'effect'
import { frameStrip } from '../../pipelines/report/case.ts'
import type { Case } from './facts.ts'
import type { Judged } from './measure.ts'

/** The flagged samples with the highest scores, as many as asked, each with a strip of frames. */
export const flaggedCases = Effect.fn('Demo.flaggedCases')(function* (
  samples: ReadonlyArray<Judged>,
  videos: string,
  count: number,
) {
  const flagged = samples
    .filter(({ verdict }) => verdict === 'partial')
    .toSorted((a, b) => b.score - a.score)
    .slice(0, count)
  return yield* Effect.forEach(
    flagged,
    Effect.fnUntraced(function* (one) {
      const { frames, duration } = yield* frameStrip(join(videos, one.file))
      return {
        sample: one.sample,
        query: one.query,
        duration,
        score: one.score,
        partial: one.truth.partial,
        annotated: one.annotated,
        truth: one.truth.windows ?? [],
        proposals: one.proposals,
        frames,
      } satisfies Case
    }),
    { concurrency: 2 },
  )
})
