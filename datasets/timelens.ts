import { Effect } from 'effect'
import { z } from 'zod'
import { captionsOf, sentenceDraft } from './captions.ts'
import { cleanQuery } from './clean.ts'
import { type Collector, define } from './collect.ts'
import { find, mapOf } from './files.ts'
import { jsonRows } from './jsonl.ts'
import { pair, seconds } from './schemas.ts'

const homepage = 'https://github.com/TencentARC/TimeLens'

/**
 * A part of TimeLens-Bench, with revised queries and windows: a map
 * `video -> {duration, spans, queries}`, one window a query, seconds (`timelens_data.py` of TencentARC/TimeLens). Ids are
 * `<video>#<index of the query within the video>`. Its own script cleans queries as `videomind` does.
 */
const bench = (name: string, file: string) =>
  define({
    name,
    licence: null,
    homepage,
    files: [file],
    splits: ['test'],
    sizes: {},
    fill: Effect.fnUntraced(function* (folder, _, into) {
      const source = yield* find(folder, [file])
      const names = { windows: 'spans', texts: 'queries' }
      for (const caption of captionsOf(source.path, yield* mapOf(source), into, names))
        into.sample(source.path, caption.line, {
          ...sentenceDraft(caption, into.settings.cleaning),
          meta: { source: name },
        })
      return [source]
    }),
  })

/** Charades-TimeLens. */
export const charadesTimelens = bench('charades_timelens', 'charades-timelens.json')
/** ActivityNet-TimeLens. */
export const anetTimelens = bench('anet_timelens', 'activitynet-timelens.json')
/** QVHighlights-TimeLens. */
export const qvhighlightsTimelens = bench('qvhighlights_timelens', 'qvhighlights-timelens.json')

/** One window, or a list of them. */
const spans = z.union([pair.transform((one) => [one]), z.array(pair).min(1)], 'expected one window or a list')

const video = z.object({
  source: z.string().nullish(),
  video_path: z.string().min(1),
  duration: seconds,
  events: z.array(z.object({ query: z.string(), span: spans })),
})

/** Adds the events of each video, in the order of the file. */
const addEvents = (path: string, line: number, row: z.output<typeof video>, into: Collector) => {
  const stem = row.video_path.replace(/\.\w+$/, '')
  row.events.forEach(({ query, span }, index) => {
    if (index > 0) into.count()
    into.sample(path, line, {
      id: `${stem}#${index}`,
      task: 'grounding',
      video: stem,
      file: row.video_path,
      duration: row.duration,
      query: cleanQuery(query, into.settings.cleaning),
      windows: span,
      meta: { source: row.source ?? null },
    })
  })
}

/**
 * TimeLens-100K, and TimeLens2-93K after its own `prepare_timelens2_93k.py`: JSON lines
 * `{source, video_path, duration, events: [{query, span}]}`, windows in seconds. Ids are `<path>#<index of the event>`.
 */
export const timelens100k = define({
  name: 'timelens_100k',
  licence: null,
  homepage,
  files: ['timelens-100k.jsonl', 'TimeLens2-93K_grpo.jsonl'],
  splits: ['train'],
  sizes: {},
  fill: Effect.fnUntraced(function* (folder, _, into) {
    const source = yield* find(folder, ['timelens-100k.jsonl', /^TimeLens2?-\d+K_grpo\.jsonl$/])
    for (const { line, row } of yield* jsonRows(source, video, into)) addEvents(source.path, line, row, into)
    return [source]
  }),
})
