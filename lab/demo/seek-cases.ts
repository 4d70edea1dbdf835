import { join } from 'node:path'
import { Effect } from 'effect'
import type { Sample } from '../../core/index.ts'
import type { SeekUses } from '../../eval/index.ts'
import { encodePicture, frameOf, Videos } from '../../video/index.ts'
import type { SeekCase } from './seek-report.ts'

/** The longest conversations, as many as asked, with the frames of their last round. */
export const seekCases = Effect.fn('Demo.seekCases')(function* (
  samples: ReadonlyArray<Sample>,
  uses: SeekUses,
  videos: string,
  count: number,
) {
  const reader = yield* Videos
  const longest = samples
    .flatMap((sample) => {
      const use = uses.get(sample.id)
      return use === undefined ? [] : [{ sample, use }]
    })
    .toSorted((a, b) => b.use.rounds.length - a.use.rounds.length || (a.sample.id < b.sample.id ? -1 : 1))
    .slice(0, count)
  return yield* Effect.forEach(
    longest,
    Effect.fnUntraced(function* ({ sample, use }) {
      const times = use.rounds.at(-1)!.shown
      const clip = yield* reader.clip(join(videos, sample.file), { kind: 'times', times })
      const frames = Array.from(clip.times.keys(), (place) => {
        const picture = { width: clip.width, height: clip.height, rgb: frameOf(clip, place) }
        const jpeg = encodePicture(picture, { format: 'jpeg', quality: 70 })
        return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`
      })
      return {
        sample: sample.id,
        question: sample.query,
        options: sample.options ?? [],
        right: sample.answer ?? '',
        duration: clip.info.duration,
        evidence: sample.windows ?? [],
        ending: use.ending,
        rounds: use.rounds,
        frames,
      } satisfies SeekCase
    }),
    { concurrency: 2 },
  )
})
