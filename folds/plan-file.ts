import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Clock, Effect } from 'effect'
import { z } from 'zod'
import type { InputError } from '../core/index.ts'
import { cleanings, policies } from '../datasets/index.ts'
import { contentHash, readJson, writeJson } from '../files/index.ts'
import { type DatabaseError, openDatabase, writePart } from '../store/index.ts'
import { taskSchema } from '../tasks/index.ts'
import type { Planned } from './plan.ts'

const count = z.int().min(0)

/** The contents of `plan.json` of a slice: which samples are planned, from which files, and the fold size. */
const planSchema = z.object({
  version: z.literal(1),
  source: z.object({
    dataset: z.string(),
    split: z.string(),
    annotations: z.string(),
    form: z.string().optional(),
    policy: z.enum(policies).optional(),
    cleaning: z.enum(cleanings).optional(),
  }),
  /** Names and digests of the annotation files, as provenance has them. */
  files: z.string().optional(),
  tasks: z.array(taskSchema),
  /** Only so many samples drawn at random, if given. */
  sample: count.optional(),
  /** Only the first samples of the split, or of those drawn, if given. */
  limit: count.optional(),
  foldSize: z.int().min(1),
  /** Hash of every planned key in order. */
  keys: z.string(),
  folds: z.array(
    z.object({ index: count, start: count, end: count, planned: count, duplicates: count, plan: z.string() }),
  ),
  /** When it was last recorded, in milliseconds since 1970. */
  recorded: z.number().optional(),
})
export type PlanFile = z.output<typeof planSchema>

/** Name of the file beside `plan.json` with the keys of all planned samples, as Parquet. */
export const plannedName = 'plan.keys'

/** The plan that the latest start recorded for a slice, or null. */
export const recordedPlan = (folder: string): Effect.Effect<PlanFile | null, InputError> =>
  readJson(join(folder, 'plan.json'), planSchema)

/** Hash of planned samples in order: what tells a plan from another. */
export const planHash = (planned: ReadonlyArray<Planned>): string =>
  contentHash(planned.map(({ key }) => key))

/** Renews the time stamp of the current plan. */
export const touchPlan = (folder: string, file: PlanFile): Effect.Effect<void, InputError> =>
  Effect.flatMap(Clock.currentTimeMillis, (recorded) =>
    writeJson(join(folder, 'plan.json'), { ...file, recorded } satisfies PlanFile),
  )

/**
 * Makes a plan the current one of a slice: what `folds status` shows and what merging and curation take. The plan of the latest
 * start counts. The keys are written first, so that a plan always has them.
 */
export const recordPlan = Effect.fn('Folds.recordPlan')(function* (
  folder: string,
  file: PlanFile,
  planned: ReadonlyArray<Planned>,
) {
  const before = yield* recordedPlan(folder)
  const path = join(folder, plannedName)
  if (before?.keys !== file.keys || !existsSync(path)) {
    const database = yield* openDatabase(':memory:', { threads: 1 })
    const rows = planned.map(({ key }) => ({ key }))
    yield* writePart(database, path, { key: 'VARCHAR' }, rows, { keys: file.keys })
  }
  yield* touchPlan(folder, file)
}, Effect.scoped) satisfies (
  folder: string,
  file: PlanFile,
  planned: ReadonlyArray<Planned>,
) => Effect.Effect<void, DatabaseError>

const videosSchema = z.object({ folder: z.string() })
const videosPath = (folder: string): string => join(folder, 'videos.json')

/** The folder of the videos that a slice was last looked at with, absolute; null where no start recorded it. */
export const recordedVideos = (folder: string): Effect.Effect<string | null, InputError> =>
  Effect.map(readJson(videosPath(folder), videosSchema), (recorded) => recorded?.folder ?? null)

/** Records where the videos of a slice are, for those who show them. It is no setting: videos may move. */
export const recordVideos = Effect.fn('Folds.recordVideos')(function* (folder: string, videos: string) {
  if ((yield* recordedVideos(folder)) !== resolve(videos))
    yield* writeJson(videosPath(folder), { folder: resolve(videos) })
}) satisfies (folder: string, videos: string) => Effect.Effect<void, InputError>
