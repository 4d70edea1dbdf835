import { Effect } from 'effect'
import { z } from 'zod'
import { type InputError, letter } from '../core/index.ts'
import { capital, cleanQuestion } from './clean.ts'
import { type Collector, define } from './collect.ts'
import type { Cleaning } from './dataset.ts'
import { type AnnotationFile, find, findOptional } from './files.ts'
import { letterOfText } from './options.ts'
import { jsonLike } from './schemas.ts'
import { tableOf } from './table.ts'

const row = z.object({
  video: z.string().min(1),
  qid: z.string().min(1),
  question: z.string().min(1),
  answer: z.string(),
  type: z.string(),
  options: z.array(z.string()).length(5),
})

/** One question of NExT-QA's CSV files, or of the variants that NExT-GQA ships. */
export interface NextRow {
  readonly line: number
  readonly id: string
  readonly video: string
  readonly qid: string
  readonly question: string
  readonly options: ReadonlyArray<string>
  /** Letter of the right option. */
  readonly answer: string
  readonly type: string
}

/**
 * The questions of a CSV file. NExT-QA's own has the column `video` and the answer's index; NExT-GQA's has `video_id`
 * and the answer's text, which means the first option equal to it.
 */
export const nextRows = Effect.fnUntraced(function* (
  source: AnnotationFile,
  into: Collector,
): Effect.fn.Return<ReadonlyArray<NextRow>, InputError> {
  const table = yield* tableOf(source, ['question', 'answer', 'qid', 'type', 'a0', 'a4'], into)
  const byText = table[0]?.names.includes('video_id') === true
  const found: Array<NextRow> = []
  for (const { line, cell } of table) {
    const one = into.row(source.path, line, row, {
      video: cell('video') ?? cell('video_id'),
      qid: cell('qid'),
      question: cell('question'),
      answer: cell('answer'),
      type: cell('type'),
      options: ['a0', 'a1', 'a2', 'a3', 'a4'].map(cell),
    })
    if (one === null) continue
    const byIndex = /^[0-4]$/.test(one.answer) ? letter(Number(one.answer)) : null
    const answer = byText ? letterOfText(one.options, one.answer) : byIndex
    if (answer === null) {
      into.problem(
        source.path,
        line,
        'mismatch',
        `answer: ${JSON.stringify(one.answer)} is none of the options`,
      )
      continue
    }
    found.push({ line, id: `${one.video}_${one.qid}`, ...one, answer })
  }
  return found
})

/** The map from a video to its file, `1104/4882821564`; the name itself if there is no map. */
export const nextFiles = Effect.fnUntraced(function* (
  folder: string,
): Effect.fn.Return<
  { readonly source: AnnotationFile | null; readonly fileOf: (video: string) => string },
  InputError
> {
  const source = yield* findOptional(folder, ['map_vid_vidorID.json'])
  const map =
    source === null
      ? {}
      : yield* jsonLike(source, z.record(z.string(), z.string()), 'give a map from video to file')
  return { source, fileOf: (video) => `${map[video] ?? video}.mp4` }
})

/** VideoMind adds a capital and a question mark; `raw` is as published. */
export const nextQuestion = (text: string, cleaning: Cleaning): string =>
  cleaning === 'videomind' ? `${capital(cleanQuestion(text, cleaning))}?` : cleanQuestion(text, cleaning)

export const nextOption = (text: string, cleaning: Cleaning): string =>
  cleaning === 'videomind' ? capital(text) : text

/** NExT-QA, five options. Ids are `<video>_<qid>`; `meta.type` is CW, CH, TN, TP, TC, DC, DL or DO. */
export const nextqa = define({
  name: 'nextqa',
  licence: 'MIT',
  homepage: 'https://github.com/doc-doc/NExT-QA',
  files: ['train.csv', 'val.csv', 'test.csv', 'map_vid_vidorID.json'],
  splits: ['train', 'valid', 'test'],
  sizes: {
    train: { samples: 34132, videos: 3870 },
    valid: { samples: 4996, videos: 570 },
    test: { samples: 8564, videos: 1000 },
  },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, [`${split === 'valid' ? 'val' : split}.csv`], into.settings.form)
    const files = yield* nextFiles(folder)
    const { cleaning } = into.settings
    for (const one of yield* nextRows(source, into))
      into.sample(source.path, one.line, {
        id: one.id,
        task: 'choice',
        video: one.video,
        file: files.fileOf(one.video),
        duration: null,
        query: nextQuestion(one.question, cleaning),
        windows: null,
        options: one.options.map((option) => nextOption(option, cleaning)),
        answer: one.answer,
        meta: { type: one.type },
      })
    return files.source === null ? [source] : [source, files.source]
  }),
})
