import { join } from 'node:path'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { trueSamples } from '../lab/world.ts'
import { loadConfig } from '../pipelines/config.ts'
import { loadSource } from '../pipelines/source.ts'
import { runCurriculum, runSft, type Trained, type TrainOptions } from '../pipelines/train.ts'
import { runTrl } from '../pipelines/train-trl.ts'
import { cacheOf, clipCache } from './clips.ts'
import {
  engineOf,
  foldersOf,
  given,
  json,
  model,
  modelOf,
  positive,
  print,
  profile,
  run,
  seed,
  settings,
  settingsOf,
  whole,
} from './flags.ts'
import { trainingServices, videoServices } from './services.ts'
import { curriculumFlags, engineFlags, trlModel, trlOptions } from './trl.ts'

const flags = {
  ...model,
  ...profile,
  ...clipCache,
  ...engineFlags,
  run,
  json,
  seed,
  settings,
  dataset: Flag.String('dataset').pipe(
    Flag.withDescription('whose videos are trained on'),
    Flag.withDefault('shapes'),
  ),
  data: Flag.String('data').pipe(
    Flag.withDescription('folder that curate wrote, or a JSONL file of samples'),
    Flag.optional,
  ),
  videos: Flag.String('videos').pipe(Flag.withDescription('folder of the videos'), Flag.optional),
  steps: whole('steps', 'optimiser steps, instead of one epoch', 1),
  learningRate: positive('learning-rate', 'peak learning rate'),
  validation: Flag.String('validation').pipe(
    Flag.withDescription('split of the dataset to measure on before and after'),
    Flag.optional,
  ),
  allowOverlap: Flag.Boolean('allow-overlap').pipe(
    Flag.withDescription('measure also on videos that are trained on'),
    Flag.withDefault(false),
  ),
  loraAlpha: positive('lora-alpha', 'scale of the adapters, default twice their rank'),
  weightDecay: positive('weight-decay', "AdamW's weight decay, default 0"),
  freezeVision: Flag.Boolean('freeze-vision').pipe(
    Flag.withDescription('leave the vision tower as it is'),
    Flag.withDefault(false),
  ),
}

/** `--set engine.NAME=VALUE`, if given; the engine's own schema says what is wrong with anything else. */
const recordOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** Which weights learn: all, all but the vision tower's, or low-rank adapters beside them. */
const trainableOf = (input: {
  readonly freezeVision: boolean
  readonly loraRank: Option.Option<number>
  readonly loraAlpha: Option.Option<number>
}) => ({
  ...(input.freezeVision ? { freezeVision: true } : {}),
  ...(Option.isSome(input.loraRank)
    ? {
        lora: {
          rank: input.loraRank.value,
          alpha: Option.getOrElse(input.loraAlpha, () => 2 * Option.getOrThrow(input.loraRank)),
        },
      }
    : {}),
})

/** What training is measured on: the world's truth where there is one, the annotations as published elsewhere. */
const validationSamples = Effect.fnUntraced(function* (dataset: string, annotations: string, split: string) {
  if (dataset === 'shapes') return yield* trueSamples(annotations, split)
  const { samples } = yield* loadSource({ dataset, split, annotations, policy: 'keep' })
  return samples
})

/** Every figure before and after training, one a line. */
const validationLines = (rows: Trained['validation']): ReadonlyArray<string> => {
  const [first] = rows
  const last = rows.at(-1)
  if (first === undefined || last === undefined) return []
  const figures = Object.keys(last).filter((name) => name !== 'step' && name !== 'seconds')
  return [
    `validation: step ${first.step} -> step ${last.step}`,
    ...figures.map((name) => {
      const shown = [first[name], last[name]].map((value) =>
        value === undefined ? '-' : Number.isInteger(value) ? String(value) : value.toFixed(4),
      )
      return `  ${name} ${shown.join(' -> ')}`
    }),
  ]
}

const trainCommand = (
  name: 'sft' | 'curriculum',
  pipeline: typeof runSft | typeof runCurriculum,
  description: string,
) =>
  Command.make(
    name,
    flags,
    Effect.fn(function* (input) {
      const config = yield* loadConfig()
      const { dataset } = input
      const onGpus = input.trainer === 'trl'
      const engine = {
        ...(yield* onGpus ? trlModel(config, input) : engineOf(config, input)),
        purpose: 'training' as const,
        ...given({ weightDecay: input.weightDecay }),
        trainable: trainableOf(input),
      }
      const folders = () => foldersOf(dataset, { annotations: Option.none(), videos: input.videos })
      // One's own data needs no dataset of the catalogue beside it.
      const videos = Option.isSome(input.videos) ? input.videos.value : (yield* folders()).videos
      const validation = Option.isNone(input.validation)
        ? undefined
        : {
            samples: yield* validationSamples(
              dataset,
              (yield* folders()).annotations,
              input.validation.value,
            ),
            videos,
            allowOverlap: input.allowOverlap,
          }
      const { checkpoint, ...engineSettings } = engine
      const { engine: ofEngine, ...ofTraining } = settingsOf(input.settings)
      const options: TrainOptions = {
        model: checkpoint,
        engine: engineSettings,
        data: Option.getOrElse(input.data, () => join(config.runs, dataset, 'curated')),
        videos,
        run: Option.getOrElse(input.run, () => join(config.runs, `${dataset}-${name}`)),
        profile: modelOf(config, input).overrides,
        settings: {
          seed: input.seed,
          ...given({ steps: input.steps, learningRate: input.learningRate }),
          ...curriculumFlags(input),
          ...ofTraining,
        },
        ...(validation === undefined ? {} : { validation }),
      }
      // The agents looked at the same frames of the same videos.
      const cache = yield* cacheOf(input, join(config.runs, dataset))
      const outcome = yield* onGpus
        ? runTrl(name, options, trlOptions(input, recordOf(ofEngine))).pipe(
            Effect.provide(videoServices(engine.threads, cache)),
          )
        : pipeline(options).pipe(Effect.provide(trainingServices(engine, cache)))
      yield* print(input.json, outcome, [
        `${outcome.steps} of ${outcome.planned} steps in ${outcome.seconds.toFixed(1)} s${outcome.stoppedEarly ? ', stopped early' : ''}`,
        ...validationLines(outcome.validation),
        `model: ${outcome.model}`,
      ])
    }),
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([
      {
        command: `spanwise train ${name} --dataset shapes --steps 60 --validation valid`,
        description: 'on what curate selected from the shapes world',
      },
    ]),
  )

export const train = Command.make('train').pipe(
  Command.withDescription('Train on a curated dataset'),
  Command.withSubcommands([
    trainCommand('sft', runSft, 'Supervised fine-tuning on the (possibly repaired) annotations'),
    trainCommand('curriculum', runCurriculum, 'GRPO with the nested mask schedule'),
  ]),
)
