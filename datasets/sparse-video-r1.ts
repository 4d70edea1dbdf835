import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { letter } from '../core/index.ts'
import { cleanQuestion } from './clean.ts'
import { define } from './collect.ts'
import { find, listOf } from './files.ts'
import { pair } from './schemas.ts'

const about = z.object({
  type: z.enum(['train', 'val', 'test']),
  original_id: z.int().optional(),
  num_frames: z.int().optional(),
  video_path: z.string().min(1).optional(),
  times_GT: z.array(pair).nullish(),
})

/** `NExT_QA.py` writes what is known of the video into the row, `NExT_GQA.py` into its `extra_info`. */
const row = z.object({
  id: z.int().min(0),
  problem: z.string(),
  video: z.string().min(1).optional(),
  original_id: z.int().optional(),
  num_frames: z.int().optional(),
  reward_model: z.object({ ground_truth: z.string() }),
  extra_info: about,
})

const marks = ['? 0: ', '; 1: ', '; 2: ', '; 3: ', '; 4: ']

/** The question and options of `QUESTION? 0: A; 1: B; 2: C; 3: D; 4: E`; null where that can be read in several ways. */
const parts = (problem: string): { readonly question: string; readonly options: Array<string> } | null => {
  const texts: Array<string> = []
  let left = problem
  for (const mark of marks) {
    const pieces = left.split(mark)
    if (pieces.length !== 2) return null
    texts.push(pieces[0]!)
    left = pieces[1]!
  }
  return { question: `${texts[0]}?`, options: [...texts.slice(1), left] }
}

/** The path below the folder of NExT-QA's videos, where it has that; else as written, on the machine that wrote it. */
const fileOf = (path: string): string => path.replace(/^.*\/NExTVideo\//s, '')

/**
 * Sparse-Video-R1's JSON, which its scripts make of NExT-QA (`nextqa.json`) and NExT-GQA (`nextgqa.json`, with the windows
 * that show the answer), both in a folder named after the split. Ids are the rows' own numbers; a question occurs as
 * often as its video was drawn.
 */
export const sparseVideoR1 = define({
  name: 'sparse_video_r1',
  licence: null,
  homepage: 'https://github.com/Chenwei-1999/Sparse-Video-R1',
  files: ['<train, val or test>/nextqa.json', '<train or test>/nextgqa.json'],
  splits: ['train', 'valid', 'test'],
  sizes: {},
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const type = split === 'valid' ? 'val' : split
    const own = join(folder, type)
    const inOwn = existsSync(own) && statSync(own).isDirectory()
    const source = yield* find(inOwn ? own : folder, ['nextqa.json', 'nextgqa.json'], into.settings.form)
    for (const [index, entry] of (yield* listOf(source)).entries()) {
      const line = index + 1
      const one = into.row(source.path, line, row, entry)
      if (one === null || one.extra_info.type !== type) continue
      const path = one.video ?? one.extra_info.video_path
      if (path === undefined) {
        into.problem(source.path, line, 'missing', 'video: the row names none')
        continue
      }
      const asked = parts(one.problem)
      if (asked === null) {
        into.problem(source.path, line, 'malformed', 'problem: expected QUESTION? 0: ...; 1: ... to 4')
        continue
      }
      const { ground_truth: right } = one.reward_model
      if (!/^[0-4]$/.test(right)) {
        into.problem(source.path, line, 'mismatch', `ground_truth: ${JSON.stringify(right)} is not an option`)
        continue
      }
      const file = fileOf(path)
      const video = one.original_id ?? one.extra_info.original_id
      const frames = one.num_frames ?? one.extra_info.num_frames
      into.sample(source.path, line, {
        id: String(one.id),
        task: 'choice',
        video: video === undefined ? file.replace(/\.\w+$/, '') : String(video),
        file,
        duration: null,
        query: cleanQuestion(asked.question, into.settings.cleaning),
        windows: one.extra_info.times_GT ?? null,
        options: asked.options,
        answer: letter(Number(right)),
        ...(frames === undefined ? {} : { meta: { frames } }),
      })
    }
    return [source]
  }),
})
