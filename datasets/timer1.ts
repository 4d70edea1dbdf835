import { Effect } from 'effect'
import { z } from 'zod'
import { cleanQuery } from './clean.ts'
import { define } from './collect.ts'
import { find, listOf } from './files.ts'
import { pair, seconds } from './schemas.ts'

const trainRow = z.object({
  video: z.string(),
  duration: seconds,
  timestamp: pair,
  sentence: z.string(),
  qid: z.string(),
  video_start: z.number().nullable(),
  video_end: z.number().nullable(),
  difficulty: z.number(),
  pred: pair,
})
const benchRow = z.object({
  path: z.string(),
  question: z.string(),
  answer: z.string().regex(/^[\d.]+-[\d.]+$/, 'expected `start-end` in seconds'),
  start: z.number().nullable(),
  end: z.number().nullable(),
  duration: seconds,
  dataset_name: z.string().nullish(),
  qsemtype: z.string().nullish(),
})

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const stemOf = (path: string): string => nameOf(path).replace(/\.(mp4|avi|mkv|webm)$/, '')

/**
 * Time-R1's data: `train` is train_2k5.json, 2500 rows with the base model's answer and its IoU in percent
 * (`meta.difficulty`: larger is EASIER), `test` is TVGBench, 800 rows (ids are row numbers). `meta.crop` says which part
 * of the source video the clip is.
 */
export const timer1 = define({
  name: 'timer1',
  licence: 'Apache-2.0',
  homepage: 'https://github.com/xiaomi-research/time-r1',
  files: ['train_2k5.json', 'tvgbench.json'],
  splits: ['train', 'test'],
  sizes: { train: { samples: 2500 }, test: { samples: 800 } },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, [split === 'train' ? 'train_2k5.json' : 'tvgbench.json'])
    const { cleaning } = into.settings
    const entries = yield* listOf(source)
    entries.forEach((entry, index) => {
      const line = index + 1
      if (split === 'train') {
        const one = into.row(source.path, line, trainRow, entry)
        if (one === null) return
        into.sample(source.path, line, {
          id: one.qid,
          task: 'grounding',
          video: stemOf(one.video),
          file: nameOf(one.video),
          duration: one.duration,
          query: cleanQuery(one.sentence, cleaning),
          windows: [one.timestamp],
          meta: {
            source: one.qid.split('|')[1] ?? null,
            difficulty: one.difficulty,
            pred: one.pred,
            crop: one.video_start === null ? null : [one.video_start, one.video_end],
          },
        })
        return
      }
      const one = into.row(source.path, line, benchRow, entry)
      if (one === null) return
      const cut = one.answer.indexOf('-')
      into.sample(source.path, line, {
        id: String(line),
        task: 'grounding',
        video: stemOf(one.path),
        file: nameOf(one.path),
        duration: one.duration,
        query: cleanQuery(one.question, cleaning),
        windows: [[Number(one.answer.slice(0, cut)), Number(one.answer.slice(cut + 1))]],
        meta: {
          source: one.dataset_name ?? null,
          type: one.qsemtype ?? null,
          crop: one.start === null ? null : [one.start, one.end],
        },
      })
    })
    return [source]
  }),
})
