import { Effect } from 'effect'
import { z } from 'zod'
import { type Sentence, sentenceDraft } from './captions.ts'
import { define } from './collect.ts'
import { find, mapOf } from './files.ts'
import { jsonRows } from './jsonl.ts'
import { pair, seconds } from './schemas.ts'

const line = z.object({
  vid: z.string(),
  query: z.string(),
  duration: seconds,
  relevant_windows: z.array(pair).length(1),
})
const entry = z.object({
  timestamps: z.array(pair),
  sentences: z.array(z.string()),
  fps: z.number().positive(),
  num_frames: z.number().positive(),
})

/**
 * TACoS. Two forms: VideoMind's `<split>.jsonl` in seconds, and 2D-TAN's `<split>.json`, whose times are frame numbers
 * (seconds = frame / fps). In 2D-TAN's form 43 train and 5 test windows end after the last frame.
 * Ids are `<video>#<index of the sentence within the video>`.
 */
export const tacos = define({
  name: 'tacos',
  licence: null,
  homepage: 'https://www.coli.uni-saarland.de/projects/smile/tacos',
  files: ['train.json', 'val.json', 'test.json', 'train.jsonl', 'val.jsonl', 'test.jsonl'],
  splits: ['train', 'valid', 'test'],
  sizes: {
    train: { samples: 9790, videos: 75 },
    valid: { samples: 4436, videos: 27 },
    test: { samples: 4001, videos: 25 },
  },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const name = split === 'valid' ? 'val' : split
    const source = yield* find(folder, [`${name}.jsonl`, `${name}.json`], into.settings.form)
    const seen = new Map<string, number>()
    const add = (line: number, said: Omit<Sentence, 'index'>) => {
      const index = seen.get(said.video) ?? 0
      seen.set(said.video, index + 1)
      into.sample(source.path, line, sentenceDraft({ ...said, index }, into.settings.cleaning))
    }
    if (source.name.endsWith('.jsonl')) {
      for (const { line: number, row } of yield* jsonRows(source, line, into))
        add(number, {
          ...{ video: row.vid, file: `${row.vid}-cam-002.mp4`, duration: row.duration },
          ...{ window: row.relevant_windows[0]!, sentence: row.query },
        })
      return [source]
    }
    let number = 0
    for (const [file, value] of yield* mapOf(source)) {
      const one = entry.safeParse(value)
      if (!one.success) {
        number++
        into.row(source.path, number, entry, value)
        continue
      }
      const { timestamps, sentences, fps, num_frames } = one.data
      if (timestamps.length !== sentences.length)
        into.problem(
          source.path,
          number + 1,
          'mismatch',
          `${file} has ${timestamps.length} timestamps and ${sentences.length} sentences`,
        )
      sentences.slice(0, timestamps.length).forEach((sentence, index) => {
        number++
        into.count()
        const [start, end] = timestamps[index]!
        const video = file.replace(/\.\w+$/, '')
        add(number, { video, file, duration: num_frames / fps, window: [start / fps, end / fps], sentence })
      })
    }
    return [source]
  }),
})
