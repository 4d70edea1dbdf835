import { Effect } from 'effect'
import { z } from 'zod'
import { capital, cleanQuestion } from './clean.ts'
import { define } from './collect.ts'
import { find, findOptional, listOf } from './files.ts'
import { jsonRows } from './jsonl.ts'
import { bareOptions, unordered } from './options.ts'
import { identifier, lengthsOf, pair, seconds } from './schemas.ts'

const own = z.object({
  qid: identifier,
  query: z.string(),
  duration: seconds,
  vid: z.string(),
  relevant_windows: z.array(pair).optional(),
  options: z.array(z.string()).min(2).optional(),
  ans: z
    .string()
    .regex(/^[A-D]$/, 'is not a letter from A to D')
    .optional(),
})
const videomind = z.object({
  qid: identifier.optional(),
  vid: z.string(),
  question: z.string(),
  options: z.array(z.string()).min(2),
  answer: z.string().nullish(),
  ans: z
    .string()
    .regex(/^[A-D]$/, 'is not a letter from A to D')
    .nullish(),
  span: pair.nullish(),
  category: z.string().nullish(),
  source: z.string().nullish(),
  duration: seconds.optional(),
})

/**
 * ReXTime. Two forms: its own ground truth `rextime_<split>.jsonl`, which has no option texts (samples then have a
 * letter but no options), and VideoMind's `rextime_<split>.json` with the options. Durations of the latter come from
 * `durations.json` if it is in the same folder. Two windows of the validation set have no length.
 */
export const rextime = define({
  name: 'rextime',
  licence: 'CC BY-NC-SA 4.0',
  homepage: 'https://github.com/ReXTime/ReXTime',
  files: ['rextime_val.jsonl', 'rextime_train.json', 'rextime_val.json', 'rextime_test_release.json'],
  splits: ['train', 'valid', 'test'],
  sizes: { valid: { samples: 921 }, test: { samples: 2143 } },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const name = split === 'valid' ? 'val' : split === 'test' ? 'test_release' : split
    const source = yield* find(
      folder,
      [`rextime_${name}.json`, `rextime_${name}.jsonl`, `rextime_${split}.jsonl`],
      into.settings.form,
    )
    const { cleaning } = into.settings
    if (source.name.endsWith('.jsonl')) {
      for (const { line, row } of yield* jsonRows(source, own, into)) {
        const options = row.options === undefined ? undefined : bareOptions(row.options)
        if (options === null) {
          into.problem(source.path, line, 'mismatch', unordered)
          continue
        }
        into.sample(source.path, line, {
          id: row.qid,
          task: 'grounded-qa',
          video: row.vid,
          file: `${row.vid}.mp4`,
          duration: row.duration,
          query: cleanQuestion(row.query, cleaning),
          windows: row.relevant_windows ?? null,
          ...(options === undefined ? {} : { options: [...options] }),
          ...(row.ans === undefined ? {} : { answer: row.ans }),
          meta: { source: row.vid.length === 13 ? 'anet' : 'qvh' },
        })
      }
      return [source]
    }
    const lengths = yield* findOptional(folder, ['durations.json'])
    const known = yield* lengthsOf(lengths)
    const seen = new Map<string, number>()
    const entries = yield* listOf(source)
    entries.forEach((entry, index) => {
      const row = into.row(source.path, index + 1, videomind, entry)
      if (row === null) return
      const count = seen.get(row.vid) ?? 0
      seen.set(row.vid, count + 1)
      const options = cleaning === 'raw' ? row.options : row.options.map(capital)
      into.sample(source.path, index + 1, {
        id: row.qid ?? `${row.vid}#${count}`,
        task: 'grounded-qa',
        video: row.vid,
        file: `${row.vid}.mp4`,
        duration: row.duration ?? known.get(row.vid) ?? null,
        query: cleanQuestion(row.question, cleaning),
        windows: row.span == null ? null : [row.span],
        options,
        ...(row.ans == null ? {} : { answer: row.ans }),
        meta: { source: row.vid.length === 13 ? 'anet' : 'qvh', type: row.category ?? null },
      })
    })
    return lengths === null ? [source] : [source, lengths]
  }),
})
