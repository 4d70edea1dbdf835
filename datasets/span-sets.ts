import { Effect } from 'effect'
import { z } from 'zod'
import { sentenceDraft } from './captions.ts'
import { type Definition, define } from './collect.ts'
import { find } from './files.ts'
import { jsonRows } from './jsonl.ts'
import { pair, seconds } from './schemas.ts'

const row = z.object({ vid: z.string(), duration: seconds, query: z.string(), span: pair })

/** A training set of VideoMind's hub: JSON lines `{vid, duration, query, span}`, one window each, seconds. */
const spanDataset = (about: Pick<Definition, 'name' | 'licence' | 'homepage'>, file: string) =>
  define({
    ...about,
    files: [file],
    splits: ['train'],
    sizes: {},
    fill: Effect.fnUntraced(function* (folder, _, into) {
      const source = yield* find(folder, [file], into.settings.form)
      const seen = new Map<string, number>()
      for (const { line, row: one } of yield* jsonRows(source, row, into)) {
        const index = seen.get(one.vid) ?? 0
        seen.set(one.vid, index + 1)
        const said = { video: one.vid, index, duration: one.duration, window: one.span, sentence: one.query }
        into.sample(source.path, line, sentenceDraft(said, into.settings.cleaning))
      }
      return [source]
    }),
  })

/** CosMo-Cap, whole seconds. */
export const cosmoCap = spanDataset(
  {
    name: 'cosmo_cap',
    licence: 'BSD-3-Clause (of the VideoMind dataset)',
    homepage: 'https://huggingface.co/datasets/yeliudev/VideoMind-Dataset',
  },
  'anno_cosmo_cap.jsonl',
)

/** InternVid-VTime: the videos are cut clips and the times relative to them. */
export const internvidVtime = spanDataset(
  {
    name: 'internvid_vtime',
    licence: 'BSD-3-Clause (of the VideoMind dataset)',
    homepage: 'https://huggingface.co/datasets/yeliudev/VideoMind-Dataset',
  },
  'anno_internvid_vtime_query_gpt4o_mini.jsonl',
)
