import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, letter } from '../../core/index.ts'
import { cleanQuery } from '../clean.ts'
import { collector, define } from '../collect.ts'
import { defaultReadSettings } from '../dataset.ts'
import { type AnnotationFile, findOptional, isEmpty } from '../files.ts'
import { jsonRows } from '../jsonl.ts'
import { pair, seconds } from '../schemas.ts'
import { worldTasks } from './question.ts'
import { grades } from './scene.ts'
import type { Truth } from './world.ts'

const row = z
  .object({
    id: z.string(),
    task: z.enum(worldTasks),
    video: z.string(),
    file: z.string(),
    duration: seconds,
    query: z.string(),
    windows: z.array(pair).nullable(),
    options: z.array(z.string()).optional(),
    answer: z.string().optional(),
  })
  .refine(
    ({ task, options, answer }) =>
      (task !== 'choice' && task !== 'grounded-qa') ||
      (options ?? []).some((_, index) => letter(index) === answer),
    'answer: not the letter of an option',
  )
  .refine(({ task, answer }) => task !== 'counting' || /^\d+$/.test(answer ?? ''), 'answer: no count')
  .refine(
    ({ task, windows }) => (task !== 'grounding' && task !== 'grounded-qa') || windows !== null,
    'windows: missing',
  )

const truthRow: z.ZodType<Truth> = z.object({
  id: z.string(),
  video: z.string(),
  task: z.enum(worldTasks),
  grade: z.enum(grades),
  partial: z.boolean(),
  windows: z.array(pair).nullable(),
  hidden: z.array(pair),
})

/** The shapes world as `writeWorld` leaves it: all four tasks of a split, in the order of `worldTasks`. */
export const shapesDataset = define({
  name: 'shapes',
  licence: 'Apache-2.0',
  homepage: 'made by this program: spanwise demo, spanwise pretrain shapes',
  files: worldTasks.map((task) => `<split>.${task}.jsonl`),
  splits: ['train', 'valid', 'test'],
  sizes: {},
  fill: (folder, split, into) =>
    Effect.gen(function* () {
      const sources: Array<AnnotationFile> = []
      for (const task of worldTasks) {
        const source = yield* findOptional(folder, [`${split}.${task}.jsonl`]).pipe(
          // A small world may hold no question of some task: its file is then empty.
          Effect.catchIf(isEmpty, () => Effect.succeed(null)),
        )
        if (source === null) continue
        sources.push(source)
        for (const { line, row: one } of yield* jsonRows(source, row, into)) {
          const { options, answer, ...rest } = one
          into.sample(source.path, line, {
            ...rest,
            query: cleanQuery(rest.query, into.settings.cleaning),
            ...(options === undefined ? {} : { options }),
            ...(answer === undefined ? {} : { answer }),
          })
        }
      }
      if (sources.length === 0)
        return yield* new InputError({
          subject: folder,
          problem: `holds no ${split}.grounding.jsonl`,
          remedy: 'give the folder of a shapes world',
        })
      return sources
    }),
})

/** The truth of a split of a shapes world, by sample id. */
export const readTruth = (
  folder: string,
  split: string,
): Effect.Effect<ReadonlyMap<string, Truth>, InputError> =>
  Effect.gen(function* () {
    const name = `${split}.truth.jsonl`
    const source = yield* findOptional(folder, [name])
    if (source === null)
      return yield* new InputError({
        subject: join(folder, name),
        problem: 'is missing',
        remedy: 'give the folder of a shapes world',
      })
    const into = collector('shapes', split, { ...defaultReadSettings, policy: 'fail' })
    const rows = yield* jsonRows(source, truthRow, into)
    yield* into.done([source])
    return new Map(rows.map(({ row: truth }) => [truth.id, truth]))
  })
