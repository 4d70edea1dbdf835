import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { firstIssue, InputError, Progress, type VideoError } from '../../core/index.ts'
import { makeFolder, readText, removeFile, writeJson, writeWhole } from '../../files/index.ts'
import { Videos } from '../../video/index.ts'
import { worldTasks } from './question.ts'
import { frames } from './render.ts'
import { grades, lattice, ticksPerSecond } from './scene.ts'
import { repetitionVideos, seekVideos, type WorldSettings, type WorldVideo, worldVideos } from './world.ts'

/** Incremented whenever the same settings produce different files. */
const worldVersion = 'shapes/3'

const settingsSchema = z.object({
  seed: z.int(),
  splits: z
    .array(
      z
        .object({
          split: z.string().regex(/^[\w-]+$/),
          videos: z.int().min(0),
          repetitions: z.exactOptional(z.int().min(0)),
          seeks: z.exactOptional(z.int().min(0)),
          counts: z.exactOptional(z.enum(['even', 'skewed'])),
        })
        .refine(
          ({ videos, repetitions = 0, seeks = 0 }) => videos + repetitions + seeks > 0,
          'a split without videos',
        ),
    )
    .min(1),
  partial: z.number().min(0).max(1),
  grades: z.object({ easy: z.number().min(0), medium: z.number().min(0), hard: z.number().min(0) }),
  queries: z.int().min(1).max(2),
})

/** `manifest.json` of a world: written last, so its presence means that the dataset is complete. */
export const manifestSchema = z.object({
  version: z.string(),
  settings: settingsSchema,
  splits: z.record(
    z.string(),
    z.object({
      videos: z.int(),
      seconds: z.number(),
      samples: z.record(z.string(), z.int()),
      partial: z.int(),
      grades: z.record(z.string(), z.int()),
    }),
  ),
  /** SHA-256 of every annotation file. */
  files: z.record(z.string(), z.string()),
})
export type WorldManifest = z.infer<typeof manifestSchema>

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const lines = (rows: ReadonlyArray<unknown>): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const countBy = <A>(items: ReadonlyArray<A>, keys: ReadonlyArray<string>, keyOf: (item: A) => string) =>
  Object.fromEntries(keys.map((key) => [key, items.filter((item) => keyOf(item) === key).length]))

/** The annotation files of a split: one a task, and the truth apart. */
const filesOf = (
  split: string,
  videos: ReadonlyArray<WorldVideo>,
): ReadonlyArray<readonly [string, string]> => {
  const samples = videos.flatMap((video) => video.samples)
  return [
    ...worldTasks.map((task) => {
      const rows = samples.filter((sample) => sample.task === task)
      return [`${split}.${task}.jsonl`, lines(rows)] as const
    }),
    [`${split}.truth.jsonl`, lines(videos.flatMap((video) => video.truths))],
  ]
}

/** The manifest of a finished world in `folder`, or null. */
const finished = (folder: string): Effect.Effect<WorldManifest | null> =>
  Effect.promise(() =>
    readFile(join(folder, 'manifest.json'), 'utf8').then(
      (text) => {
        try {
          return manifestSchema.safeParse(JSON.parse(text)).data ?? null
        } catch {
          return null
        }
      },
      () => null,
    ),
  )

const isThere = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    stat(path).then(
      ({ size }) => size > 0,
      () => false,
    ),
  )

/**
 * Writes a world into `folder`: `videos/<name>.mp4` (128 x 128 pixels, 8 frames a second), for each split one
 * `<split>.<task>.jsonl` a task and `<split>.truth.jsonl` apart from them, and `manifest.json` last. The annotation
 * files depend on the settings only, to the byte. A world that is complete is left as it is; one that was interrupted
 * is finished; one made by other settings is an InputError.
 */
export const writeWorld: (
  folder: string,
  settings: WorldSettings,
) => Effect.Effect<WorldManifest, InputError | VideoError, Videos> = Effect.fn('Shapes.writeWorld')(
  function* (folder: string, wanted: WorldSettings) {
    const checked = settingsSchema.safeParse(wanted)
    if (!checked.success || grades.every((grade) => wanted.grades[grade] === 0))
      return yield* new InputError({
        subject: 'world settings',
        problem: checked.success ? 'every grade has weight 0' : firstIssue(checked.error),
        remedy: 'fix the setting',
      })
    const settings = checked.data
    const before = yield* finished(folder)
    const same =
      before?.version === worldVersion && JSON.stringify(before.settings) === JSON.stringify(settings)
    if (before !== null && same) return before
    if (before !== null)
      return yield* new InputError({
        subject: folder,
        problem: 'contains a shapes dataset made with other settings',
        remedy: 'choose another folder or delete it',
      })
    const started = yield* readText(join(folder, 'settings.json'))
    const key = JSON.stringify({ version: worldVersion, settings })
    if (started !== null && started !== key)
      return yield* new InputError({
        subject: folder,
        problem: 'contains an unfinished shapes dataset made with other settings',
        remedy: 'choose another folder or delete it',
      })
    yield* makeFolder(join(folder, 'videos'))
    yield* writeWhole(join(folder, 'settings.json'), key)

    const videos = yield* Videos
    const progress = yield* Progress
    const splits = settings.splits.map((split) => ({
      split: split.split,
      made: [
        ...worldVideos(settings, split),
        ...repetitionVideos(settings, split),
        ...seekVideos(settings, split),
      ],
    }))
    const all = splits.flatMap(({ made }) => made)
    let done = 0
    yield* Effect.forEach(
      all,
      Effect.fnUntraced(function* ({ video, scene }) {
        const path = join(folder, 'videos', `${video}.mp4`)
        if (!(yield* isThere(path)))
          yield* videos.encode(path, {
            width: lattice,
            height: lattice,
            fps: ticksPerSecond,
            frames: frames(scene),
          })
        done++
        yield* progress.report({ label: 'rendering', done, total: all.length })
      }),
      { concurrency: videos.workers + 1, discard: true },
    )

    const files: Record<string, string> = {}
    for (const { split, made } of splits)
      for (const [name, text] of filesOf(split, made)) {
        yield* writeWhole(join(folder, name), text)
        files[name] = sha256(text)
      }
    const manifest: WorldManifest = {
      version: worldVersion,
      settings,
      splits: Object.fromEntries(
        splits.map(({ split, made }) => [
          split,
          {
            videos: made.length,
            seconds: made.reduce((sum, { scene }) => sum + scene.ticks / ticksPerSecond, 0),
            samples: countBy(
              made.flatMap(({ samples }) => samples),
              worldTasks,
              ({ task }) => task,
            ),
            partial: made.flatMap(({ truths }) => truths).filter(({ partial }) => partial).length,
            grades: countBy(made, grades, ({ scene }) => scene.grade),
          },
        ]),
      ),
      files,
    }
    yield* writeJson(join(folder, 'manifest.json'), manifest)
    yield* removeFile(join(folder, 'settings.json'))
    return manifest
  },
)
