import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import { sentenceDraft } from './captions.ts'
import { define } from './collect.ts'
import { type AnnotationFile, bytesOf, find } from './files.ts'
import { eachText } from './jsonl.ts'
import { readPickle } from './pickle.ts'
import { lengthsOf, pair } from './schemas.ts'

const row = z.object({ words: z.array(z.string()), window: pair })

/** A pickled dict from a key to a list. */
const dictOf = (
  source: AnnotationFile,
): Effect.Effect<ReadonlyMap<unknown, ReadonlyArray<unknown>>, InputError> =>
  Effect.flatMap(bytesOf(source), (bytes) =>
    Effect.try({
      try: () => {
        const value = readPickle(bytes)
        if (!(value instanceof Map)) throw new Error('no dict')
        const lists = new Map<unknown, ReadonlyArray<unknown>>()
        for (const [key, list] of value) if (Array.isArray(list)) lists.set(key, list)
        return lists
      },
      catch: (error) =>
        new InputError({
          subject: source.path,
          problem: `cannot be read as plain data: ${error instanceof Error ? error.message : String(error)}`,
          remedy:
            'fetch the file again; only dicts, lists, strings and numbers are read, and code is never executed',
        }),
    }),
  )

/**
 * QuerYD as VideoMind reads it: `train_list.txt` with keys `video-<youtube id>`, pickles of the utterances (lists of
 * words, joined by spaces) and of their times, and `durations.json`. Lines of problems are those of the list. Ids are
 * `<youtube id>#<index of the utterance>`.
 */
export const queryd = define({
  name: 'queryd',
  licence: null,
  homepage: 'https://www.robots.ox.ac.uk/~vgg/data/queryd/',
  files: [
    'train_list.txt',
    'raw_captions_combined_filtered-v2.pkl',
    'times_captions_combined_filtered-v2.pkl',
    'durations.json',
  ],
  splits: ['train'],
  sizes: {},
  fill: Effect.fnUntraced(function* (folder, _, into) {
    const source = yield* find(folder, ['train_list.txt'])
    const captionFile = yield* find(folder, ['raw_captions_combined_filtered-v2.pkl'])
    const timeFile = yield* find(folder, ['times_captions_combined_filtered-v2.pkl'])
    const lengthFile = yield* find(folder, ['durations.json'])
    const captions = yield* dictOf(captionFile)
    const times = yield* dictOf(timeFile)
    const known = yield* lengthsOf(lengthFile)
    yield* eachText(source, into, (line, text) => {
      const key = text.trim()
      const video = key.slice('video-'.length)
      const said = captions.get(key)
      const when = times.get(key)
      const duration = known.get(video) ?? known.get(key)
      if (said === undefined || when === undefined || duration === undefined) {
        into.count()
        const absent = said === undefined ? captionFile : when === undefined ? timeFile : lengthFile
        into.problem(source.path, line, 'missing', `${absent.name} has no ${key}`)
        return
      }
      if (said.length !== when.length)
        into.problem(
          source.path,
          line,
          'mismatch',
          `${key} has ${said.length} utterances and ${when.length} times`,
        )
      said.slice(0, when.length).forEach((words, index) => {
        const one = into.row(source.path, line, row, { words, window: when[index] })
        if (one === null) return
        const said = { video, index, duration, window: one.window, sentence: one.words.join(' ') }
        into.sample(source.path, line, sentenceDraft(said, into.settings.cleaning))
      })
    })
    return [source, captionFile, timeFile, lengthFile]
  }),
})
