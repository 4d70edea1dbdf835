import { Effect } from 'effect'
import { z } from 'zod'
import type { Window } from '../core/index.ts'
import { cleanQuery } from './clean.ts'
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
    const add = (
      row: number,
      video: string,
      file: string,
      duration: number,
      query: string,
      window: Window,
    ) => {
      const index = seen.get(video) ?? 0
      seen.set(video, index + 1)
      into.sample(source.path, row, {
        id: `${video}#${index}`,
        task: 'grounding',
        video,
        file,
        duration,
        query: cleanQuery(query, into.settings.cleaning),
        windows: [window],
      })
    }
    if (source.name.endsWith('.jsonl')) {
      for (const { line: number, row } of yield* jsonRows(source, line, into))
        add(number, row.vid, `${row.vid}-cam-002.mp4`, row.duration, row.query, row.relevant_windows[0]!)
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
        add(number, video, file, num_frames / fps, sentence, [start / fps, end / fps])
      })
    }
    return [source]
  }),
})
