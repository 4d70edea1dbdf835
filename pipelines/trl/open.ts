import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { Effect } from 'effect'
import type { Json } from '../../core/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { checkpointProfile, makeProfile, type ProfileOverrides } from '../../models/index.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { composeRewards } from '../../rewards/index.ts'
import { lessonOf } from '../../tasks/index.ts'
import {
  bandedBy,
  clipViews,
  openRunFolder,
  stepsOf,
  type TrainingItem,
  type Wording,
  warnUnmasked,
} from '../../trainer/index.ts'
import { engineSettings, type TrainingKind } from '../../trainer/service/index.ts'
import { Videos } from '../../video/index.ts'
import { parseSettings } from '../settings.ts'
import { clipsOf } from '../train/clips.ts'
import { curriculumSettings, planOf, sftSettings, taskPlans } from '../train/defaults.ts'
import { trainingItems } from '../train/items.ts'
import { checkServedMask } from '../train/mask-mode.ts'
import type { TrainOptions } from '../train/options.ts'
import { fitItems, seekClipsOf } from '../train/seek.ts'
import type { TrlOptions } from './options.ts'
import { checkSeek, checkSupported, checkValidation, promptsPerStep } from './supported.ts'

/** A folder as an absolute path; a name on the Hub as it is. */
const modelPath = (model: string): string => (isAbsolute(model) || existsSync(model) ? resolve(model) : model)

/** The profile of a model and its tokenizer by its files, or the profile by its name where they are not here. */
const profileOf = Effect.fnUntraced(function* (model: string, overrides: ProfileOverrides | undefined) {
  if (existsSync(model)) {
    const preprocessing = yield* readPreprocessing(model)
    const { tokenizer } = preprocessing
    return {
      profile: yield* checkpointProfile(preprocessing, overrides),
      encode: (text: string) => tokenizer.encodeText(text),
    }
  }
  const facts = { name: basename(model), aliases: [], family: null, architecture: null }
  const profile = yield* Effect.fromResult(
    makeProfile({ ...facts, processor: null, sampling: null, template: null }, overrides),
  )
  return { profile }
})

/** The validated inputs of a training through TRL; nothing is written. */
export const readTrl = Effect.fnUntraced(function* (
  kind: 'sft' | 'curriculum',
  options: TrainOptions,
  trl: TrlOptions,
) {
  const model = modelPath(options.model)
  const { profile, ...tokenizer } = yield* profileOf(model, options.profile)
  const { data, items: found } = yield* trainingItems(options)
  const { validation } = options
  let fit: ReadonlyArray<TrainingItem> = found
  const processes = Math.max(1, trl.gpus)
  const training: TrainingKind =
    kind === 'sft'
      ? yield* Effect.gen(function* () {
          const settings = yield* sftSettings(profile, options.settings)
          yield* checkSupported(settings, found)
          fit = yield* fitItems(found, settings, validation?.samples)
          const batch = yield* promptsPerStep(settings, fit, settings.batch, processes)
          return { kind, options: { ...settings, batch } }
        })
      : yield* Effect.gen(function* () {
          const settings = yield* curriculumSettings(profile, found, options.settings)
          yield* checkServedMask(settings.mask.kind)
          yield* checkSupported(settings, found)
          fit = yield* fitItems(found, settings, validation?.samples)
          const prompts = yield* promptsPerStep(settings, fit, settings.prompts, processes)
          return { kind, options: { ...settings, prompts }, rewards: yield* composeRewards(settings.rewards) }
        })
  const settings = training.options
  const items = training.kind === 'sft' ? fit : bandedBy(fit, training.options.key)
  if (training.kind === 'curriculum') yield* warnUnmasked(training.options, items)
  const perStep = training.kind === 'sft' ? training.options.batch : training.options.prompts
  const steps = stepsOf(settings, items.length, perStep)
  const run = resolve(options.run)
  const engine = yield* parseSettings('train engine', engineSettings, {
    ...(settings.checkpointEvery > 0
      ? { checkpointEvery: settings.checkpointEvery }
      : { checkpointEvery: steps }),
    keepCheckpoints: settings.keepCheckpoints,
    ...(trl.gpus === 0 ? { precision: 'fp32' } : {}),
    ...trl.engine,
    model,
    output: join(run, 'checkpoints'),
    processes,
  })
  yield* checkSeek(settings, engine)
  yield* checkValidation({ ...options, model }, settings, engine)
  return { training, profile, ...tokenizer, settings, items, data, perStep, steps, model, run, engine }
})

export type ReadTrl = Effect.Success<ReturnType<typeof readTrl>>

/** How the prompts of a training are worded, and what its samples teach. */
export const wordingOf = ({ training, profile, items }: ReadTrl): Wording => {
  const { dialect } = profile
  const thoughts = training.kind === 'sft' && training.options.thoughts
  const plan = planOf(training.kind, profile, thoughts)
  // Rounds of all conversations are worded in one way.
  const rounds = training.options.seek === undefined ? null : taskPlans(plan, items).choice!
  return {
    dialect,
    plan: rounds === null ? plan : () => rounds,
    ...(training.kind === 'sft' ? { lesson: (sample) => lessonOf(sample, thoughts) } : {}),
  }
}

/** The views of a training's videos, in the model's sizes. */
export const viewsOf = Effect.fnUntraced(function* (read: ReadTrl, options: TrainOptions) {
  const videos = yield* Videos
  const { training } = read
  const mask =
    training.kind === 'sft'
      ? ({ mode: 'blank', margin: null } as const)
      : { mode: training.options.mask.mode, margin: training.options.mask.margin }
  return clipViews({
    clip:
      training.options.seek === undefined
        ? clipsOf(videos, read.profile, options.videos)
        : seekClipsOf(videos, read.profile, options.videos, training.options.seek),
    seed: training.options.seed,
    ...mask,
    cacheBytes: options.cacheBytes ?? 2 ** 30,
  })
})

/** Claims the run's folder, or continues it where the settings are the same. */
export const claimRun = (
  kind: 'sft' | 'curriculum',
  read: ReadTrl,
  options: TrainOptions,
  trl: TrlOptions,
) => {
  // Launch options may change between two starts; training settings may not.
  const {
    output: _,
    resume: __,
    processes: ___,
    sharding: ____,
    deadline: _____,
    tries: ______,
    ...engine
  } = read.engine
  return openRunFolder(options.run, {
    kind,
    settings: {
      engine: { name: 'trl', ...engine } as unknown as Json,
      options: read.settings as unknown as Json,
      view: { ...read.profile.view },
      data: read.data.sha256,
      samples: read.items.length,
    },
    provenance: {
      spanwise: packageJson.version,
      model: read.model,
      data: options.data,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      processors: availableParallelism(),
      gpus: trl.gpus,
      sharding: read.engine.sharding,
    },
  })
}
