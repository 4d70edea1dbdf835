import { z } from 'zod'
import type { Window } from '../core/index.ts'
import { cleanQuery } from './clean.ts'
import type { Collector, Draft } from './collect.ts'
import type { Cleaning } from './dataset.ts'
import { pair, seconds } from './schemas.ts'

/** What the lists of a video's windows and texts are called. */
export interface CaptionNames {
  readonly windows: string
  readonly texts: string
}

const published: CaptionNames = { windows: 'timestamps', texts: 'sentences' }

const entryOf = ({ windows, texts }: CaptionNames) =>
  z
    .object({ duration: seconds, [windows]: z.array(z.unknown()), [texts]: z.array(z.unknown()) })
    .transform((found) => ({
      duration: found.duration as number,
      timestamps: found[windows] as ReadonlyArray<unknown>,
      sentences: found[texts] as ReadonlyArray<unknown>,
    }))
const row = z.object({ window: pair, sentence: z.string() })

/** A sentence about one window of a video. */
export interface Sentence {
  readonly video: string
  /** File of the video; its name with `.mp4` where absent. */
  readonly file?: string
  /** Number of the sentence within its video, from 0. */
  readonly index: number
  readonly duration: number | null
  readonly window: Window
  readonly sentence: string
}

/** The grounding sample of a sentence; its id is `<video>#<index within the video>`. */
export const sentenceDraft = (
  { video, file = `${video}.mp4`, index, duration, window, sentence }: Sentence,
  cleaning: Cleaning,
): Draft => ({
  id: `${video}#${index}`,
  task: 'grounding',
  video,
  file,
  duration,
  query: cleanQuery(sentence, cleaning),
  windows: [window],
})

/** One sentence of a map of captions. */
export interface Caption extends Sentence {
  /** Running number of the sentence in the file, from 1. */
  readonly line: number
  readonly duration: number
}

/**
 * The sentences of a map `video -> {duration, timestamps, sentences}`, the form in which ActivityNet-Captions and one
 * form of Charades-STA are published. What does not fit becomes a problem.
 */
export function* captionsOf(
  path: string,
  entries: ReadonlyArray<[string, unknown]>,
  into: Collector,
  names: CaptionNames = published,
): Generator<Caption> {
  const entry = entryOf(names)
  let line = 0
  for (const [video, value] of entries) {
    const shaped = entry.safeParse(value)
    if (!shaped.success) {
      line++
      into.row(path, line, entry, value)
      continue
    }
    const { duration, timestamps, sentences } = shaped.data
    if (timestamps.length !== sentences.length)
      into.problem(
        path,
        line + 1,
        'mismatch',
        `${video} has ${timestamps.length} ${names.windows} and ${sentences.length} ${names.texts}`,
      )
    for (let index = 0; index < Math.min(timestamps.length, sentences.length); index++) {
      line++
      const one = into.row(path, line, row, { window: timestamps[index], sentence: sentences[index] })
      if (one !== null) yield { line, video, index, duration, ...one }
    }
  }
}
