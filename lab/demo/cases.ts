import { join } from 'node:path'
import { Effect } from 'effect'
import { encodePicture, frameOf, Videos } from '../../video/index.ts'
import type { Judged } from './measure.ts'
import type { Case } from './report.ts'

/** Frames of a strip. */
const strip = 12

/** The flagged samples with the highest scores, as many as asked, each with a strip of frames. */
export const flaggedCases = Effect.fn('Demo.flaggedCases')(function* (
  samples: ReadonlyArray<Judged>,
  videos: string,
  count: number,
) {
  const reader = yield* Videos
  const flagged = samples
    .filter(({ verdict }) => verdict === 'partial')
    .toSorted((a, b) => b.score - a.score)
    .slice(0, count)
  return yield* Effect.forEach(
    flagged,
    Effect.fnUntraced(function* (one) {
      const clip = yield* reader.clip(join(videos, one.file), { kind: 'count', count: strip })
      const frames = yield* Effect.forEach(Array.from(clip.times.keys()), (place) =>
        Effect.sync(() => {
          const picture = { width: clip.width, height: clip.height, rgb: frameOf(clip, place) }
          const jpeg = encodePicture(picture, { format: 'jpeg', quality: 70 })
          return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`
        }),
      )
      return {
        sample: one.sample,
        query: one.query,
        duration: clip.info.duration,
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
