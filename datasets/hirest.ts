import { Effect } from 'effect'
import { z } from 'zod'
import { sentenceDraft } from './captions.ts'
import { type Definition, define } from './collect.ts'
import { find, mapOf } from './files.ts'
import { pair, seconds } from './schemas.ts'

const record = z.object({
  relevant: z.boolean(),
  clip: z.boolean(),
  v_duration: seconds,
  bounds: pair,
  steps: z.array(z.object({ heading: z.string(), absolute_bounds: pair })),
})

/** Both tasks are read from one file: a map query -> video file -> record. */
const shared = (
  name: string,
  sizes: Definition['sizes'],
  windowsOf: (
    query: string,
    one: z.infer<typeof record>,
  ) => ReadonlyArray<{ readonly query: string; readonly window: readonly [number, number] }>,
) =>
  define({
    name,
    licence: 'MIT',
    homepage: 'https://github.com/j-min/HiREST',
    files: ['all_data_train.json', 'all_data_val.json', 'all_data_test.json'],
    splits: ['train', 'valid', 'test'],
    sizes,
    fill: Effect.fnUntraced(function* (folder, split, into) {
      const source = yield* find(
        folder,
        [`all_data_${split === 'valid' ? 'val' : split}.json`],
        into.settings.form,
      )
      const seen = new Map<string, number>()
      let line = 0
      for (const [query, files] of yield* mapOf(source))
        for (const [file, value] of Object.entries(
          z.record(z.string(), z.unknown()).safeParse(files).data ?? { '': files },
        )) {
          line++
          const one = into.row(source.path, line, record, value)
          if (one === null || !one.relevant || !one.clip) continue
          const video = file.replace(/\.mp4$/, '')
          for (const { query: sentence, window } of windowsOf(query, one)) {
            const index = seen.get(video) ?? 0
            seen.set(video, index + 1)
            const said = { video, file, index, duration: one.v_duration, window, sentence }
            into.sample(source.path, line, sentenceDraft(said, into.settings.cleaning))
          }
        }
      return [source]
    }),
  })

/**
 * HiREST moment retrieval: each relevant video that has a clip, with the outer key as query. Problems carry the running
 * number of the video's record. Ids are `<video>#<index within the video>`.
 */
export const hirestGrounding = shared(
  'hirest_grounding',
  { train: { samples: 865 }, valid: { samples: 193 }, test: { samples: 776 } },
  (query, { bounds }) => [{ query, window: bounds }],
)

/** HiREST steps: each step of those videos, with its heading as query. The test split withholds its steps. */
export const hirestStep = shared(
  'hirest_step',
  { train: { samples: 4145 }, valid: { samples: 606 }, test: { samples: 0 } },
  (_, { steps }) =>
    steps.map(({ heading, absolute_bounds }) => ({ query: heading, window: absolute_bounds })),
)
