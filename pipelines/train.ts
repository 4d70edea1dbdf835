import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { Effect } from 'effect'
import type { Json } from '../core/index.ts'
import type { MaskMode } from '../curriculum/index.ts'
import { readPreprocessing } from '../engine/checkpoint/index.ts'
import { Engine, type EngineService, workerEngine } from '../engine/index.ts'
import { checkpointProfile, checkpointRevision } from '../models/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { composeRewards } from '../rewards/index.ts'
import { metricsToDuckDb } from '../store/index.ts'
import {
  clipPrompts,
  type GrpoOptions,
  type Hooks,
  latestCheckpoint,
  openRunFolder,
  type SftOptions,
  type TrainingItem,
  trainGrpo,
  trainSft,
  withSinks,
} from '../trainer/index.ts'
import { Videos } from '../video/index.ts'
import { announceSight } from './sight.ts'
import { clipsOf } from './train/clips.ts'
import { fileOf } from './train/data.ts'
import { curriculumSettings, engineDefaults, planOf, sftSettings, taskPlans } from './train/defaults.ts'
import { holdRun } from './train/hold.ts'
import { trainingItems } from './train/items.ts'
import type { TrainOptions } from './train/options.ts'
import { fitItems, seekSourceOf, seekValidation } from './train/seek.ts'
import {
  forgetValidations,
  nameOf,
  type Validation,
  validate,
  validationRows,
  validationSettings,
} from './train/validate.ts'

export type Trained = Effect.Success<ReturnType<typeof runCurriculum>>

/** The part of a run that does not depend on its settings. Nothing is written. */
const survey = Effect.fnUntraced(function* (options: TrainOptions) {
  const preprocessing = yield* readPreprocessing(options.model)
  const profile = yield* checkpointProfile(preprocessing, options.profile)
  return { preprocessing, profile, ...(yield* trainingItems(options)) }
})
type Survey = Omit<Effect.Success<ReturnType<typeof survey>>, 'items'> & {
  readonly items: ReadonlyArray<TrainingItem>
}

/** The common setup of both kinds of training. */
const open = Effect.fnUntraced(function* (
  kind: 'sft' | 'curriculum',
  engine: EngineService,
  options: TrainOptions,
  { preprocessing, profile, data, items }: Survey,
  settings: SftOptions | GrpoOptions,
  mask: { readonly mode: MaskMode; readonly margin: number | null },
  plan: ReturnType<typeof planOf>,
  maxTokens?: number,
) {
  const videos = yield* Videos
  const { view, dialect } = profile
  const plans = taskPlans(plan, items)
  const opening = openRunFolder(options.run, {
    kind,
    settings: {
      options: settings as unknown as Json,
      view: { ...view },
      prompts: {
        dialect,
        plans: Object.fromEntries(
          Object.entries(plans).map(([task, { ask, enable }]) => [task, { ask, enable }]),
        ),
      },
      data: data.sha256,
      samples: items.length,
      model: yield* checkpointRevision(options.model),
      learning: {
        trainable: (options.engine?.trainable ?? {}) as Json,
        weightDecay: options.engine?.weightDecay ?? 0,
        microBatchTokens: options.engine?.microBatchTokens ?? null,
      },
    },
    provenance: {
      spanwise: packageJson.version,
      model: options.model,
      data: options.data,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      processors: availableParallelism(),
      device: options.engine?.device ?? null,
      threads: options.engine?.threads ?? null,
    },
  })
  const folder = yield* withSinks(
    yield* holdRun(options.run, opening, options.breakLease ?? false),
    options.sinks ?? [],
  )
  yield* announceSight({
    profile:
      settings.seek === undefined
        ? profile
        : { ...profile, view: { ...view, frames: settings.seek.frames, fps: 1 } },
    medium: settings.seek === undefined ? 'video' : 'pictures',
    question: items[0]!.sample.task,
    datasets: items.map(({ sample }) => sample.dataset),
    files: items.slice(0, 100).flatMap(({ sample }) => fileOf(options.videos, sample) ?? []),
    counted: items.map(({ sample }) => [sample, fileOf(options.videos, sample) ?? sample.file] as const),
  })
  const source = clipPrompts({
    preprocessing,
    clip: clipsOf(videos, profile, options.videos),
    dialect,
    plan,
    seed: settings.seed,
    ...mask,
    ...(options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }),
  })
  const seek =
    settings.seek === undefined
      ? undefined
      : seekSourceOf({
          ...{ videos, folders: options.videos, preprocessing, profile },
          ...{ plan: plans.choice!, settings: settings.seek },
          ...(options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }),
        })
  const validations: Validation | null =
    options.validation === undefined
      ? null
      : {
          checkpoint: options.model,
          engine,
          ...options.validation,
          settings: validationSettings(profile, plans, maxTokens),
          ...(settings.seek === undefined
            ? {}
            : {
                seek: seekValidation(
                  profile,
                  settings.seek,
                  plans.choice!,
                  maxTokens ?? plans.choice!.maxTokens,
                ),
              }),
          folder: folder.file('validation'),
        }
  const newest = latestCheckpoint(folder)
  yield* forgetValidations(folder.file('validation'), newest === null ? nameOf(0) : basename(newest))
  const hooks: Hooks<
    Effect.Error<ReturnType<typeof validate>>,
    Effect.Services<ReturnType<typeof validate>>
  > = {
    ...(validations === null ? {} : { evaluate: (step) => validate(validations, step) }),
    // The JSONL streams are the record; a database that cannot be refreshed must not stop the training.
    onCheckpoint: metricsToDuckDb(folder.path).pipe(
      Effect.asVoid,
      Effect.catch((error) => Effect.logWarning(error.message)),
    ),
  }
  return { items, folder, source, hooks, ...(seek === undefined ? {} : { seek }) }
})

/** `spanwise train curriculum`: GRPO with the nested mask schedule from a curated dataset. */
export const runCurriculum = Effect.fn('Pipelines.runCurriculum')(function* (options: TrainOptions) {
  const engine = yield* Engine
  const surveyed = yield* survey(options)
  const { profile, items } = surveyed
  const settings = yield* curriculumSettings(profile, items, options.settings)
  const rewards = yield* composeRewards(settings.rewards)
  const fit = yield* fitItems(items, settings, options.validation?.samples)
  const { mask, sampling } = settings
  const plan = planOf('curriculum', profile)
  const opened = yield* open(
    'curriculum',
    engine,
    options,
    { ...surveyed, items: fit },
    settings,
    mask,
    plan,
    sampling.maxTokens,
  )
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const reference =
        settings.beta > 0
          ? {
              reference: yield* workerEngine({
                ...engineDefaults,
                ...options.engine,
                purpose: 'inference',
                checkpoint: options.model,
              }),
            }
          : {}
      const outcome = yield* trainGrpo({ ...opened, ...reference, engine, rewards, options: settings })
      return { ...outcome, validation: yield* validationRows(opened.folder.file('validation.jsonl')) }
    }),
  )
}, Effect.scoped)

/** `spanwise train sft`: supervised fine-tuning on the (possibly repaired) annotations of a curated dataset. */
export const runSft = Effect.fn('Pipelines.runSft')(function* (options: TrainOptions) {
  const engine = yield* Engine
  const surveyed = yield* survey(options)
  const { profile } = surveyed
  const settings = yield* sftSettings(profile, options.settings)
  const fit = yield* fitItems(surveyed.items, settings, options.validation?.samples)
  const mask = { mode: 'blank', margin: null } as const
  const opened = yield* open(
    'sft',
    engine,
    options,
    { ...surveyed, items: fit },
    settings,
    mask,
    planOf('sft', profile, settings.thoughts),
  )
  const outcome = yield* trainSft({ ...opened, engine, options: settings })
  return { ...outcome, validation: yield* validationRows(opened.folder.file('validation.jsonl')) }
}, Effect.scoped)
