import { basename, dirname, join, resolve } from 'node:path'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'
import { trueSamples } from '../lab/world.ts'
import { type Config, loadConfig } from '../pipelines/config.ts'
import { loadSource } from '../pipelines/source.ts'
import type { TrainOptions } from '../pipelines/train/options.ts'
import { checkTraining, planTraining, type TrainPlan } from '../pipelines/train/plan.ts'
import { runCurriculum, runSft, type Trained } from '../pipelines/train.ts'
import { runTrl } from '../pipelines/train-trl.ts'
import { planTrl, trlPlanLines } from '../pipelines/trl/plan.ts'
import { relayTrl } from '../pipelines/trl/relay.ts'
import { type SinkName, sinkNames } from '../trainer/index.ts'
import { breakLease } from './agents.ts'
import { cacheOf, clipCache } from './clips.ts'
import {
  dataset,
  datasetOf,
  foldersOf,
  hasDefault,
  ofFlag,
  requireCheckpoint,
  requireVideos,
} from './dataset.ts'
import { engineOf, given, json, model, modelOf, positive, print, profile, run, seed, whole } from './flags.ts'
import { trainingServices, videoServices } from './services.ts'
import { settings, settingsOf } from './settings.ts'
import {
  checkEmbedded,
  curriculumFlags,
  engineFlags,
  recordOf,
  relayedWords,
  trlModel,
  trlOptions,
} from './trl.ts'

const sink = (name: SinkName, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const flags = {
  ...model,
  ...profile,
  ...clipCache,
  ...engineFlags,
  run,
  json,
  seed,
  settings,
  dataset,
  breakLease,
  limit: whole('limit', 'process only the first N samples; all by default', 1),
  data: Flag.String('data').pipe(
    Flag.withDescription(
      'folder written by curate, or a JSONL file of samples; default runs/DATASET/curated',
    ),
    Flag.optional,
  ),
  videos: Flag.String('videos').pipe(Flag.withDescription('folder of the videos'), Flag.optional),
  steps: whole('steps', 'optimiser steps, default one epoch', 1),
  learningRate: positive('learning-rate', 'peak learning rate'),
  validation: Flag.String('validation').pipe(
    Flag.withDescription('split of the dataset to evaluate on before and after; none by default'),
    Flag.optional,
  ),
  allowOverlap: Flag.Boolean('allow-overlap').pipe(
    Flag.withDescription('allow validation on videos that are trained on'),
    Flag.withDefault(false),
  ),
  tensorboard: sink(
    'tensorboard',
    'also write the figures as event files of TensorBoard, to RUN/tensorboard',
  ),
  wandb: sink('wandb', 'also write an offline run of Weights & Biases, to RUN/wandb, for "wandb sync"'),
  loraAlpha: positive('lora-alpha', 'scale of the adapters, default twice their rank'),
  weightDecay: positive('weight-decay', "AdamW's weight decay, default 0"),
  freezeVision: Flag.Boolean('freeze-vision').pipe(
    Flag.withDescription('do not train the vision tower'),
    Flag.withDefault(false),
  ),
}

/** A scale of adapters that are not there would be ignored. */
const checkAlpha = (input: {
  readonly loraRank: Option.Option<number>
  readonly loraAlpha: Option.Option<number>
}): Effect.Effect<void, InputError> =>
  Option.isSome(input.loraAlpha) && Option.isNone(input.loraRank)
    ? Effect.fail(
        new InputError({
          subject: '--lora-alpha',
          problem: 'scales adapters, and none are trained',
          remedy: 'add --lora-rank, or leave it out',
        }),
      )
    : Effect.void

/** Which weights are trained: all, all but the vision tower's, or low-rank adapters. */
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

/** The validation samples: ground truth for the shapes world, the annotations as published otherwise. */
const validationSamples = Effect.fnUntraced(function* (dataset: string, annotations: string, split: string) {
  if (dataset === 'shapes') return yield* trueSamples(annotations, split)
  const { samples } = yield* loadSource({ dataset, split, annotations, policy: 'keep' })
  return samples
})

/** What a training would take, for people. */
const trainPlanLines = (plan: TrainPlan): ReadonlyArray<string> => [
  `${plan.samples} samples, ${plan.steps} steps of ${plan.prompts} prompts${plan.completions > 0 ? ` and ${plan.completions} completions` : ''}${plan.done > 0 ? `, ${plan.done} steps are done` : ''}`,
  `tokens: about ${plan.promptTokens} of prompts, at most ${plan.completionTokens} of completions`,
  plan.hours === null || plan.secondsPerStep === null
    ? 'time: no step of this run has been measured yet; start it, interrupt it after a few steps and run --plan again'
    : `time: about ${plan.hours.toPrecision(2)} h at ${plan.secondsPerStep.toPrecision(3)} s a step, measured in this run`,
]

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

const outcomeLines = (outcome: Trained): ReadonlyArray<string> => [
  `${outcome.steps} of ${outcome.planned} steps in ${outcome.seconds.toFixed(1)} s${outcome.stoppedEarly ? ', stopped early' : ''}`,
  ...validationLines(outcome.validation),
  `model: ${outcome.model}`,
]

/** Whether samples and videos are given, and neither a run nor a validation has to be found by a dataset's name. */
const needsNoDataset = (
  config: Config,
  input: { readonly [name in 'data' | 'videos' | 'run' | 'validation' | 'dataset']: Option.Option<string> },
): boolean =>
  [input.data, input.videos].every(Option.isSome<string>) &&
  Option.isNone(input.validation) &&
  (Option.isSome(input.run) || (Option.isNone(input.dataset) && !hasDefault(config)))

/** The name of samples that belong to no dataset: that of their file, or of the run that they were curated in. */
const dataName = (data: string): string => {
  const path = resolve(data)
  return basename(path) === 'curated' ? basename(dirname(path)) : basename(path).replace(/\.jsonl$/, '')
}

const trainCommand = (
  kind: 'sft' | 'curriculum',
  pipeline: typeof runSft | typeof runCurriculum,
  description: string,
) =>
  Command.make(
    kind,
    flags,
    Effect.fn(function* (input) {
      const config = yield* loadConfig()
      const onGpus = input.trainer === 'trl'
      const engine = {
        ...(yield* onGpus ? trlModel(config, input) : engineOf(config, input)),
        purpose: 'training' as const,
        ...given({ weightDecay: input.weightDecay }),
        trainable: trainableOf(input),
      }
      const { checkpoint, ...engineSettings } = engine
      const { engine: ofEngine, ...ofTraining } = yield* settingsOf(input.settings)
      if (!onGpus) yield* checkEmbedded(input, ofEngine)
      yield* checkAlpha(input)
      const settings = {
        seed: input.seed,
        ...given({ steps: input.steps, learningRate: input.learningRate }),
        ...curriculumFlags(input),
        ...ofTraining,
      }
      const source = needsNoDataset(config, input)
        ? null
        : yield* datasetOf(input.dataset, config, Option.isSome(input.data) ? '--videos DIR' : undefined)
      const name = source ?? dataName(Option.getOrElse(input.data, () => ''))
      const runs = (suffix: string) => join(config.runs, `${name}${suffix}`)
      const data = Option.getOrElse(input.data, () => runs('/curated'))
      // All input is checked before a world is rendered or a model loaded.
      yield* checkTraining(kind, data, settings)
      if (!onGpus) yield* requireCheckpoint(checkpoint)
      const folders =
        source !== null && (Option.isNone(input.videos) || Option.isSome(input.validation))
          ? yield* foldersOf(source, {
              annotations: null,
              videos: input.videos,
              split: input.validation,
            }).pipe(ofFlag(`--validation ${Option.getOrElse(input.validation, () => '')}`))
          : null
      yield* requireVideos(input.videos)
      const videos = Option.isSome(input.videos) ? input.videos.value : folders!.videos
      const validation =
        Option.isNone(input.validation) || folders === null || source === null
          ? undefined
          : {
              samples: yield* validationSamples(source, folders.annotations, input.validation.value),
              ...{ videos, allowOverlap: input.allowOverlap },
            }
      const options: TrainOptions = {
        model: checkpoint,
        engine: engineSettings,
        data,
        videos,
        run: Option.getOrElse(input.run, () => runs(`-${kind}`)),
        profile: modelOf(config, input).overrides,
        settings,
        ...given({ limit: input.limit }),
        breakLease: input.breakLease,
        sinks: sinkNames.filter((name) => input[name]),
        ...(validation === undefined ? {} : { validation }),
      }
      if (onGpus) {
        const trl = trlOptions(input, recordOf(ofEngine), yield* settingsOf(input.option, 'option'))
        const relayed = relayedWords(kind)
        if (input.plan) {
          const plan = yield* planTrl(kind, options, trl, relayed).pipe(
            Effect.provide(videoServices(1, undefined)),
          )
          return yield* print(input.json, plan, trlPlanLines(plan))
        }
        const cache = yield* cacheOf(input, source === null ? options.run : runs(''))
        const outcome = yield* (
          trl.executor === 'local' ? runTrl(kind, options, trl) : relayTrl(kind, options, trl, relayed)
        ).pipe(Effect.provide(videoServices(engine.threads, cache)))
        return yield* print(input.json, outcome, outcomeLines(outcome))
      }
      if (input.plan) {
        const plan = yield* planTraining(kind, options).pipe(Effect.provide(videoServices(1, undefined)))
        return yield* print(input.json, plan, trainPlanLines(plan))
      }
      // The agents have cached the same frames of the same videos.
      const cache = yield* cacheOf(input, source === null ? options.run : runs(''))
      const outcome = yield* pipeline(options).pipe(Effect.provide(trainingServices(engine, cache)))
      yield* print(input.json, outcome, outcomeLines(outcome))
    }),
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([
      {
        command: `spanwise train ${kind} --dataset shapes --steps 60 --validation valid`,
        description: 'on the samples that curate selected from the shapes dataset',
      },
    ]),
  )

export const train = Command.make('train').pipe(
  Command.withDescription('Train on a curated dataset, or on a file of samples'),
  Command.withSubcommands([
    trainCommand(
      'sft',
      runSft,
      'Supervised fine-tuning on the annotations, as published or as repaired by curate',
    ),
    trainCommand(
      'curriculum',
      runCurriculum,
      'GRPO with a curriculum. --set mask.kind=linear (or cosine, step, adaptive, on-failure) masks frames outside the annotation; by default none are masked, because no schedule improved the result (linear: +0.3 mIoU, 95 % interval -1.1 to +1.6; on-failure: +0.1, -0.4 to +0.7; docs/claims.md)',
    ),
  ]),
  Command.withExamples([
    {
      command: 'spanwise train curriculum --dataset shapes',
      description: 'GRPO on the curated shapes dataset',
    },
    {
      command:
        'spanwise train sft --data FILE.jsonl --videos DIR --model Qwen/Qwen3-VL-2B-Instruct --engine trl',
      description: 'supervised fine-tuning on own data with a GPU',
    },
  ]),
)
