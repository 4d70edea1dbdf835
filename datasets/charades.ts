import { Effect } from 'effect'
import { z } from 'zod'
import { captionsOf, type Sentence, sentenceDraft } from './captions.ts'
import { define } from './collect.ts'
import { find, findOptional, mapOf } from './files.ts'
import { eachText } from './jsonl.ts'
import { lengthsOf } from './schemas.ts'

const line = z
  .string()
  .regex(/^\S+ \S+ \S+##/, 'expected `VID START END##sentence`')
  .transform((text) => {
    const cut = text.indexOf('##')
    const [video = '', start, end] = text.slice(0, cut).split(' ')
    return { video, window: [Number(start), Number(end)] as const, sentence: text.slice(cut + 2) }
  })
  .refine(({ window }) => window.every(Number.isFinite), 'start or end is not a number')

/**
 * Charades-STA. Two published forms: `charades_sta_<split>.txt` with `durations.json` (TALL, VideoMind; lines
 * `VID START END##sentence`), and a JSON map of videos (VideoChat-R1, Time-R1). Both hold the same pairs in the same
 * order within each video; the JSON form, which has the durations, is preferred if both exist.
 * Ids are `<video>#<index of the pair within the video>`. 1789 train and 562 test windows end after the clip.
 */
export const charades = define({
  name: 'charades',
  licence: null,
  homepage: 'https://github.com/jiyanggao/TALL',
  files: ['charades_sta_train.txt', 'charades_sta_test.txt', 'durations.json', 'train.json', 'test.json'],
  splits: ['train', 'test'],
  sizes: { train: { samples: 12408, videos: 5338 }, test: { samples: 3720, videos: 1334 } },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(
      folder,
      [`${split}.json`, `charades_${split}.json`, `charades_sta_${split}.json`, `charades_sta_${split}.txt`],
      into.settings.form,
    )
    const add = (line: number, sentence: Sentence) =>
      into.sample(source.path, line, sentenceDraft(sentence, into.settings.cleaning))
    if (source.name.endsWith('.txt')) {
      const lengths = yield* findOptional(folder, ['durations.json'])
      const known = yield* lengthsOf(lengths)
      const seen = new Map<string, number>()
      yield* eachText(source, into, (number, text) => {
        const row = into.row(source.path, number, line, text)
        if (row === null) return
        const index = seen.get(row.video) ?? 0
        seen.set(row.video, index + 1)
        add(number, { ...row, index, duration: known.get(row.video) ?? null })
      })
      return lengths === null ? [source] : [source, lengths]
    }
    for (const caption of captionsOf(source.path, yield* mapOf(source), into)) add(caption.line, caption)
    return [source]
  }),
})
