import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { extent } from '../../core/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { readRows } from '../../files/index.ts'
import { checkpointProfile, replyPlan, sightOf } from '../../models/index.ts'
import {
  grpoSchema,
  isShuffled,
  readTrainingData,
  sftSchema,
  shuffledGroup,
  stepsOf,
} from '../../trainer/index.ts'
import { parseSettings } from '../settings.ts'
import { curriculumSettings, planOf, sftSettings, taskPlans } from './defaults.ts'
import { trainingItems } from './items.ts'
import { lookedAt } from './looked.ts'
import { checkMaskUsed } from './mask-mode.ts'
import type { TrainOptions } from './options.ts'
import { meanPrompts, roundPrompts } from './round-prompts.ts'
import { fitItems } from './seek.ts'

/** Refuses invalid data and settings before a training starts. */
export const checkTraining = Effect.fn('Pipelines.checkTraining')(function* (
  kind: 'sft' | 'curriculum',
  data: string,
  settings: { readonly [name: string]: unknown },
) {
  // What is not given here the profile of the model gives.
  const all = { learningRate: 1, ...settings }
  const sampling = { maxTokens: 1, ...(settings.sampling as object | undefined) }
  yield* kind === 'sft'
    ? parseSettings('train sft', sftSchema, all)
    : parseSettings('train curriculum', grpoSchema, { ...all, sampling }).pipe(
        Effect.tap(({ mask }) => checkMaskUsed(settings.mask, mask)),
      )
  yield* readTrainingData(data)
})

/** The plan of a training. Numbers of tokens are estimates. */
export interface TrainPlan {
  readonly samples: number
  readonly steps: number
  /** Steps that the run's folder has behind it. */
  readonly done: number
  /** Prompts and completions of a step; SFT learns from the annotation alone. */
  readonly prompts: number
  readonly completions: number
  /** Tokens of all steps that are left; of completions at most. */
  readonly promptTokens: number
  readonly completionTokens: number
  /** Seconds of a step, measured in this run; null before its first. */
  readonly secondsPerStep: number | null
  readonly hours: number | null
}

const stepSchema = z.object({
  step: z.int(),
  seconds: z.union([z.number(), z.record(z.string(), z.number())]),
})

/** The steps in a run's `metrics.jsonl`, and the mean seconds of the latest of them. */
const measuredSteps = Effect.fnUntraced(function* (run: string) {
  const rows = yield* readRows(join(run, 'metrics.jsonl'), stepSchema)
  const latest = rows
    .slice(-20)
    .map(({ seconds }) =>
      typeof seconds === 'number' ? seconds : Object.values(seconds).reduce((sum, one) => sum + one, 0),
    )
  return {
    done: rows.length === 0 ? 0 : extent(rows.map(({ step }) => step))[1] + 1,
    seconds: latest.length === 0 ? null : latest.reduce((sum, one) => sum + one, 0) / latest.length,
  }
})

/** Approximate number of text tokens around a clip. */
const textTokens = 120

/** What `spanwise train` would do with these options, without loading the model. */
export const planTraining = Effect.fn('Pipelines.planTraining')(function* (
  kind: 'sft' | 'curriculum',
  options: TrainOptions,
) {
  const preprocessing = yield* readPreprocessing(options.model)
  const profile = yield* checkpointProfile(preprocessing, options.profile)
  const found = (yield* trainingItems(options)).items
  const sizes =
    kind === 'sft'
      ? yield* Effect.gen(function* () {
          const settings = yield* sftSettings(profile, options.settings)
          const items = yield* fitItems(found, settings, options.validation?.samples)
          return {
            ...{ items, steps: stepsOf(settings, items.length, settings.batch) },
            ...{ prompts: settings.batch, completions: 0, seek: settings.seek, group: 1 },
            reply: replyPlan(profile, settings.seek === undefined ? 'grounding' : 'choice').maxTokens,
            plan: planOf(kind, profile, settings.thoughts),
          }
        })
      : yield* Effect.gen(function* () {
          const settings = yield* curriculumSettings(profile, found, options.settings)
          const items = yield* fitItems(found, settings, options.validation?.samples)
          const compared =
            items.filter((item) => isShuffled(settings, item)).length / Math.max(1, items.length)
          return {
            ...{ items, steps: stepsOf(settings, items.length, settings.prompts) },
            prompts: settings.prompts,
            completions: Math.round(
              settings.prompts * (settings.group + compared * shuffledGroup(settings.group)),
            ),
            reply: settings.sampling.maxTokens,
            ...{ seek: settings.seek, group: settings.group, plan: planOf(kind, profile, true) },
          }
        })
  const { items, steps, prompts, completions, reply, seek, group, plan } = sizes
  const looked = yield* lookedAt(items, options.videos)
  const [first = { vision: 0, all: textTokens }, ...later] = meanPrompts(
    looked.map(({ item: { sample }, info }) => {
      const { videoTokens: vision } = sightOf(profile.view, info)
      return seek === undefined
        ? [{ vision, all: vision + textTokens }]
        : roundPrompts(sample, info, {
            ...{ profile, settings: seek, reply },
            style: { dialect: profile.dialect, think: taskPlans(plan, items).choice!.ask },
            encode: (text) => preprocessing.tokenizer.encodeText(text),
          })
    }),
  )
  const rounds = 1 + later.length
  const { done, seconds } = yield* measuredSteps(options.run)
  const left = Math.max(0, steps - done)
  return {
    ...{ samples: items.length, steps, done, prompts, completions },
    // Conversations share the prompt of their first round, and at most that.
    promptTokens: left * prompts * later.reduce((sum, { all }) => sum + group * all, first.all),
    completionTokens: left * Math.max(completions, kind === 'sft' ? prompts : 0) * rounds * reply,
    secondsPerStep: seconds,
    hours: seconds === null ? null : (left * seconds) / 3600,
  } satisfies TrainPlan
})
