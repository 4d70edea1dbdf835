import { Effect } from 'effect'
import { z } from 'zod'
import { contradictions } from '../tasks/index.ts'
import { define } from './collect.ts'
import { find, listOf } from './files.ts'
import { nextFiles, nextOption, nextQuestion, nextRows } from './nextqa.ts'
import { bareOptions, unordered } from './options.ts'
import { jsonLike, pair, seconds } from './schemas.ts'

const grounds = z.record(
  z.string(),
  z.object({ duration: seconds, location: z.record(z.string(), z.array(pair)) }),
)
const row = z.object({
  id: z.string(),
  video: z.string(),
  question: z.string(),
  options: z.array(z.string()).length(5),
  duration: seconds,
  glue: z.array(pair),
  type: z.string(),
  answer: z.string().regex(/^\([A-E]\)$/, 'is not one of (A) to (E)'),
})

/**
 * NExT-GQA: five options and one to sixteen windows a question. Two forms with the same content: the publishers'
 * `<split>.csv` with `gsub_<split>.json` and `map_vid_vidorID.json`, and VideoChat-R1's `nextgqa_<split>.json`.
 * Ids are `<video>_<qid>`. Three validation windows end beyond the clip; there is no grounded training split.
 */
export const nextgqa = define({
  name: 'nextgqa',
  licence: 'MIT',
  homepage: 'https://github.com/doc-doc/NExT-GQA',
  files: ['val.csv', 'test.csv', 'gsub_val.json', 'gsub_test.json', 'map_vid_vidorID.json'],
  splits: ['valid', 'test'],
  sizes: { valid: { samples: 3358, videos: 567 }, test: { samples: 5553, videos: 990 } },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const name = split === 'valid' ? 'val' : split
    const source = yield* find(folder, [`${name}.csv`, `nextgqa_${name}.json`], into.settings.form)
    const { cleaning } = into.settings
    if (source.name.endsWith('.json')) {
      const entries = yield* listOf(source)
      entries.forEach((entry, index) => {
        const one = into.row(source.path, index + 1, row, entry)
        if (one === null) return
        const options = bareOptions(one.options)
        if (options === null) {
          into.problem(source.path, index + 1, 'mismatch', unordered)
          return
        }
        into.sample(source.path, index + 1, {
          id: one.id,
          task: 'grounded-qa',
          video: one.id.slice(0, one.id.lastIndexOf('_')),
          file: one.video,
          duration: one.duration,
          query: nextQuestion(one.question, cleaning),
          windows: one.glue,
          options: options.map((option) => nextOption(option, cleaning)),
          answer: one.answer.slice(1, 2),
          meta: { type: one.type },
        })
      })
      return [source]
    }
    const located = yield* find(folder, [`gsub_${name}.json`])
    const grounded = yield* jsonLike(located, grounds, 'use the file as published')
    const files = yield* nextFiles(folder)
    for (const one of yield* nextRows(source, into)) {
      const ground = grounded[one.video]
      const windows = ground?.location[one.qid]
      if (ground === undefined || windows === undefined) {
        for (const { kind, message } of contradictions({ ...one, task: 'grounded-qa' }))
          into.problem(source.path, one.line, kind, message)
        into.problem(source.path, one.line, 'missing', `${located.name} has no windows for ${one.id}`)
        continue
      }
      into.sample(source.path, one.line, {
        id: one.id,
        task: 'grounded-qa',
        video: one.video,
        file: files.fileOf(one.video),
        duration: ground.duration,
        query: nextQuestion(one.question, cleaning),
        windows,
        options: one.options.map((option) => nextOption(option, cleaning)),
        answer: one.answer,
        meta: { type: one.type },
      })
    }
    return files.source === null ? [source, located] : [source, located, files.source]
  }),
})
