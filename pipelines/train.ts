import { availableParallelism } from 'node:os'
import { Effect } from 'effect'
import { InputError, type Json, type Sample } from '../core/index.ts'
import type { MaskMode } from '../curriculum/index.ts'
import { readPreprocessing } from '../engine/checkpoint/index.ts'
import { Engine, type EngineOptions, type EngineService, workerEngine } from '../engine/index.ts'
import { answerDefaults, answerSettings } from '../eval/index.ts'
import { checkpointProfile, checkpointRevision, type ProfileOverrides } from '../models/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { composeRewards } from '../rewards/index.ts'
import { metricsToDuckDb } from '../store/index.ts'
import {
  answerable,
  clipPrompts,
  type GrpoOptions,
  type Hooks,
  latestCheckpoint,
  openRunFolder,
  readTrainingData,
  type SftOptions,
  type TrainingItem,
  trainGrpo,
  trainSft,
} from '../trainer/index.ts'
import { Videos } from '../video/index.ts'
import { sharedVideos } from './shared-videos.ts'
import { announceSight } from './sight.ts'
import { clipsOf } from './train/clips.ts'
import { fileOf, present, type VideoFolders } from './train/data.ts'
import { curriculumSettings, planOf, sftSettings, taskPlans } from './train/defaults.ts'
import { holdRun } from './train/hold.ts'
import { fitItems, seekSourceOf, seekValidation } from './train/seek.ts'
import { forgetValidations, type Validation, validate, validationRows } from './train/validate.ts'

/** Options of `spanwise train sft` and `spanwise train curriculum`. */
export interface TrainOptions {
  /** Folder of the checkpoint to start from: the one that the engine has loaded. */
  readonly model: string
  /** Folder of a curated dataset, or a JSONL file like its `train.jsonl`. */
  readonly data: string
  readonly videos: VideoFolders
  /** The run's folder; continued where it holds a run of the same settings. */
  readonly run: string
  /** Only the first samples of the split, if given. */
  readonly limit?: number
  /** Take over the run's folder from its recorded holder. */
  readonly breakLease?: boolean
  /** Overrides of the model's profile. */
  readonly profile?: ProfileOverrides
  /** `GrpoOptions` or `SftOptions`; omitted ones have their defaults, unknown ones are refused. */
  readonly settings?: { readonly [name: string]: unknown }
  /** Samples to validate on before the first step, every `evaluateEvery` steps and after the last. */
  readonly validation?: {
    readonly samples: ReadonlyArray<Sample>
    readonly videos: string
    /** Validate even if training shares videos with it. */
    readonly allowOverlap?: boolean
  }
  /** Limit of the caches of clips and prompts each, in bytes. */
  readonly cacheBytes?: number
  /** What the engine was made with: recorded with the run, and used for the reference model where `beta` is above 0. */
  readonly engine?: Partial<Omit<EngineOptions, 'checkpoint'>>
}

export type Trained = Effect.Success<ReturnType<typeof runCurriculum>>

/** Refuses to validate on training videos, unless allowed. */
const refuseOverlap = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  { videos, validation }: TrainOptions,
) {
  if (validation === undefined || validation.allowOverlap === true) return
  const folders = new Map(
    items.map(({ sample }) => [
      sample.file,
      typeof videos === 'string' ? videos : (videos[sample.dataset] ?? null),
    ]),
  )
  const shared = sharedVideos(
    { samples: items.map(({ sample }) => sample), folderOf: ({ file }) => folders.get(file) ?? null },
    { samples: validation.samples, folderOf: () => validation.videos },
  )
  if (shared[0] !== undefined)
    return yield* new InputError({
      subject: '--validation',
      problem: `shares ${shared.length === 1 ? `the video ${shared[0]}` : `${shared.length} videos (${shared[0]} first)`} with the training data`,
      remedy: 'validate on another split, or add --allow-overlap',
    })
})

/** The part of a run that does not depend on its settings. Nothing is written. */
const survey = Effect.fnUntraced(function* (options: TrainOptions) {
  const preprocessing = yield* readPreprocessing(options.model)
  const profile = yield* checkpointProfile(preprocessing, options.profile)
  const data = yield* readTrainingData(options.data)
  const found = yield* answerable(yield* present(data.items, options.videos, options.data))
  const items = found.slice(0, options.limit)
  yield* refuseOverlap(items, options)
  return { preprocessing, profile, data, items }
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
  const folder = yield* holdRun(options.run, opening, options.breakLease ?? false)
  yield* announceSight({
    profile:
      settings.seek === undefined
        ? profile
        : { ...profile, view: { ...view, frames: settings.seek.frames, fps: 1 } },
    medium: settings.seek === undefined ? 'video' : 'pictures',
    question: items[0]!.sample.task,
    datasets: items.map(({ sample }) => sample.dataset),
    files: items.slice(0, 100).flatMap(({ sample }) => fileOf(options.videos, sample) ?? []),
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
          settings: answerSettings.parse({
            ...answerDefaults(profile),
            // The same prompts as in training.
            plans: Object.fromEntries(
              Object.entries(plans).map(([task, { ask, enable, maxTokens: most }]) => [
                task,
                { ask, enable, maxTokens: maxTokens ?? most },
              ]),
            ),
          }),
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
  forgetValidations(folder.file('validation'), latestCheckpoint(folder))
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

const engineDefaults = { device: 'cpu', threads: 2 } as const

/** `spanwise train curriculum`: GRPO with the nested mask schedule from a curated dataset. */
export const runCurriculum = Effect.fn('Pipelines.runCurriculum')(function* (options: TrainOptions) {
  const engine = yield* Engine
  const surveyed = yield* survey(options)
  const { profile, items } = surveyed
  const settings = yield* curriculumSettings(profile, items, options.settings)
  const rewards = yield* composeRewards(settings.rewards)
  const fit = yield* fitItems(items, settings)
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
  const fit = yield* fitItems(surveyed.items, settings)
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
