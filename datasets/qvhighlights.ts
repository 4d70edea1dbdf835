import { Effect } from 'effect'
import { z } from 'zod'
import { cleanQuery } from './clean.ts'
import { define } from './collect.ts'
import { find } from './files.ts'
import { jsonRows } from './jsonl.ts'
import { identifier, pair, seconds } from './schemas.ts'

const row = z.object({
  qid: identifier,
  query: z.string(),
  duration: seconds,
  vid: z.string(),
  relevant_windows: z.array(pair).optional(),
  relevant_clip_ids: z.array(z.int()).optional(),
  saliency_scores: z.array(z.array(z.number())).optional(),
})

const files: { readonly [split: string]: ReadonlyArray<string> } = {
  train: ['highlight_train_release.jsonl'],
  valid: ['highlight_val_release.jsonl'],
  test: ['highlight_test_with_gt.jsonl', 'highlight_test_release.jsonl'],
}

/**
 * QVHighlights. The test split is read from `highlight_test_with_gt.jsonl` if it exists, otherwise from
 * `highlight_test_release.jsonl`, which has no labels (or with `form: 'release'`). `meta.clips` holds the
 * numbers of the relevant two-second clips and `meta.saliency` the three annotators' scores (0..4) of each.
 */
export const qvhighlights = define({
  name: 'qvhighlights',
  licence: 'CC BY-NC-SA 4.0',
  homepage: 'https://github.com/jayleicn/moment_detr',
  files: Object.values(files).flat(),
  splits: ['train', 'valid', 'test'],
  sizes: {
    train: { samples: 7218, videos: 7100 },
    valid: { samples: 1550, videos: 1519 },
    test: { samples: 1542, videos: 1529 },
  },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, files[split] ?? [], into.settings.form)
    for (const { line, row: one } of yield* jsonRows(source, row, into)) {
      const clips = one.relevant_clip_ids
      const saliency = one.saliency_scores
      if (clips?.length !== saliency?.length)
        into.problem(
          source.path,
          line,
          'mismatch',
          `${clips?.length ?? 0} clip ids and ${saliency?.length ?? 0} saliency scores`,
        )
      into.sample(source.path, line, {
        id: one.qid,
        task: 'grounding',
        video: one.vid,
        file: `${one.vid}.mp4`,
        duration: one.duration,
        query: cleanQuery(one.query, into.settings.cleaning),
        windows: one.relevant_windows ?? null,
        ...(clips === undefined || saliency === undefined ? {} : { meta: { clips, saliency } }),
      })
    }
    return [source]
  }),
})
