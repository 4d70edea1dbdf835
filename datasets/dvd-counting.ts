import { Effect } from 'effect'
import { z } from 'zod'
import { cleanQuestion } from './clean.ts'
import { define } from './collect.ts'
import { find } from './files.ts'
import { jsonRows } from './jsonl.ts'

const row = z.object({
  problem: z.string(),
  solution: z.string().regex(/<answer>\s*\d+\s*<\/answer>/, 'expected <answer>N</answer>'),
  video_filename: z.string(),
})

/** Video-R1's DVD-counting: synthetic scenes, how many objects or events. Ids are line numbers. */
export const dvdCounting = define({
  name: 'dvd_counting',
  licence: null,
  homepage: 'https://huggingface.co/datasets/Video-R1/DVD-counting',
  files: ['train_dvd.jsonl', 'test_dvd.jsonl'],
  splits: ['train', 'test'],
  sizes: {},
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, [`${split}_dvd.jsonl`], into.settings.form)
    for (const { line, row: one } of yield* jsonRows(source, row, into)) {
      // The published path starts with `./`, to which the reference puts the data folder in place of the dot.
      const file = one.video_filename.replace(/^\.?\//, '')
      into.sample(source.path, line, {
        id: String(line),
        task: 'counting',
        video: file.replace(/\.\w+$/, ''),
        file,
        duration: null,
        query: cleanQuestion(one.problem, into.settings.cleaning),
        windows: null,
        answer: String(Number(/<answer>\s*(\d+)/.exec(one.solution)?.[1])),
      })
    }
    return [source]
  }),
})
