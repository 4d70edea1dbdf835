import { Effect } from 'effect'
import { z } from 'zod'
import { roundHalfEven } from '../core/index.ts'
import { cleanQuery } from './clean.ts'
import { define } from './collect.ts'
import { find, findOptional, listOf } from './files.ts'
import { identifier, lengthsOf } from './schemas.ts'

const row = z.object({
  description: z.string(),
  times: z.array(z.tuple([z.int(), z.int()])).min(1),
  video: z.string(),
  annotation_id: identifier,
  num_segments: z.int(),
})

/**
 * DiDeMo. Several annotators gave first and last chunk of five seconds (inclusive, from 0); the window is VideoMind's:
 * means over annotators, times five, rounded to whole seconds with halves to the even one. All annotators' chunks are
 * kept in `meta.times`. Durations come from `durations.json` if it is in the same folder; a video is cut to 30 s, so
 * the last chunk may be short and the window then ends beyond it. A few videos appear under two endings (`.mov` and
 * `.mp4`): they are counted as published, and share one file.
 */
export const didemo = define({
  name: 'didemo',
  licence: 'BSD-2-Clause',
  homepage: 'https://github.com/LisaAnne/LocalizingMoments',
  files: ['train_data.json', 'val_data.json', 'test_data.json', 'durations.json'],
  splits: ['train', 'valid', 'test'],
  sizes: {
    train: { samples: 33005 },
    valid: { samples: 4180, videos: 1094 },
    test: { samples: 4021, videos: 1037 },
  },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, [`${split === 'valid' ? 'val' : split}_data.json`], into.settings.form)
    const lengths = yield* findOptional(folder, ['durations.json'])
    const known = yield* lengthsOf(lengths)
    const entries = yield* listOf(source)
    entries.forEach((entry, index) => {
      const one = into.row(source.path, index + 1, row, entry)
      if (one === null) return
      const mean = (end: 0 | 1) => one.times.reduce((sum, time) => sum + time[end], 0) / one.times.length
      const stem = one.video.split('.')[0]!
      into.sample(source.path, index + 1, {
        id: one.annotation_id,
        task: 'grounding',
        video: one.video,
        file: `${stem}.mp4`,
        duration: known.get(stem) ?? null,
        query: cleanQuery(one.description, into.settings.cleaning),
        windows: [[roundHalfEven(5 * mean(0)), roundHalfEven(5 * (mean(1) + 1))]],
        meta: { times: one.times, segments: one.num_segments },
      })
    })
    return lengths === null ? [source] : [source, lengths]
  }),
})
