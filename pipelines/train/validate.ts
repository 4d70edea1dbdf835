import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Layer } from 'effect'
import { z } from 'zod'
import type { SeekSettings } from '../../agents/index.ts'
import { mean, type Sample } from '../../core/index.ts'
import { Engine, type EngineService } from '../../engine/index.ts'
import {
  type AnswerSettings,
  answerDefaults,
  answerSettings,
  byTask,
  cutOffShare,
  type Evaluation,
  evaluateReplies,
  modelReplies,
  type ReplyTally,
  type SeekUses,
  seekReplies,
} from '../../eval/index.ts'
import { attempt, listFolder, readRows } from '../../files/index.ts'
import { layerEmbedded, type ModelProfile, VisionLanguageModel } from '../../models/index.ts'
import type { taskPlans } from './defaults.ts'

export interface Validation {
  /** Checkpoint that the engine started from, with its tokenizer, template and processor. */
  readonly checkpoint: string
  readonly engine: EngineService
  readonly samples: ReadonlyArray<Sample>
  readonly videos: string
  readonly settings: AnswerSettings
  /** Set where frames are sought; only multiple-choice samples are then asked about. */
  readonly seek?: SeekSettings
  /** Folder of the run's validations; the replies of each step are kept in one below it. */
  readonly folder: string
}

/** Name of a step's folder; embedded checkpoints have the same. */
export const nameOf = (step: number): string => `step-${String(step).padStart(6, '0')}`

/** How validation samples are asked: by the plans of training, with replies of at most `maxTokens` where that is given. */
export const validationSettings = (
  profile: ModelProfile,
  plans: ReturnType<typeof taskPlans>,
  maxTokens?: number,
): AnswerSettings =>
  answerSettings.parse({
    ...answerDefaults(profile),
    plans: Object.fromEntries(
      Object.entries(plans).map(([task, { ask, enable, maxTokens: most }]) => [
        task,
        { ask, enable, maxTokens: maxTokens ?? most },
      ]),
    ),
  })

/** Names in validation.jsonl of the metrics of `byTask`. */
const names = {
  miou: 'mIoU',
  set_iou: 'msIoU',
  r1_05: 'R1@0.5',
  window_f1: 'F1@0.5',
  gqa_miou: 'GQA-mIoU',
  gqa_accuracy: 'Acc@GQA',
  qa_accuracy: 'Acc@QA',
  choice_accuracy: 'choice',
  count_exact: 'Exact',
  count_obo: 'OBO',
} as const

/** The figures of validation.jsonl that are shares from 0 to 1. */
export const validationShares: ReadonlyArray<string> = [...Object.keys(names), 'parsed', 'cut_off']

/** One row of validation.jsonl: figures of the tasks that the samples have, and of the replies to all of them. */
const validationRow = ({ report }: Evaluation, tally: ReplyTally): { readonly [name: string]: number } => {
  const figures = Object.entries(names).flatMap(([name, metric]) => {
    const value = report.metrics[metric]
    return value === undefined || Number.isNaN(value) ? [] : [[name, value / 100] as const]
  })
  return {
    samples: tally.share.replies,
    absent: tally.unanswered.filter(({ outcome }) => outcome === 'absent').length,
    failed: tally.unanswered.filter(({ outcome }) => outcome === 'failed').length,
    ...Object.fromEntries(figures),
    parsed: report.parseRate,
    cut_off: cutOffShare(tally.share),
  }
}

/** Mean rounds and different frames of the conversations. */
const seekRow = (uses: SeekUses) => ({
  rounds: mean([...uses.values()].map(({ rounds }) => rounds.length)),
  frames: mean([...uses.values()].map(({ frames }) => frames)),
})

/**
 * Greedy answers of the weights in training, scored for every task. A sample without a reply says nothing about the
 * weights: it is counted and excluded from the figures.
 */
export const validate = Effect.fnUntraced(function* (validation: Validation, step: number) {
  const { checkpoint, engine, videos, settings, seek, folder } = validation
  const samples =
    seek === undefined ? validation.samples : validation.samples.filter(({ task }) => task === 'choice')
  let uses: SeekUses | null = null
  const source = (asked: ReadonlyArray<Sample>) =>
    Effect.gen(function* () {
      const model = yield* VisionLanguageModel
      const identity = { ...model.identity, revision: `${model.identity.revision} ${nameOf(step)}` }
      const at = { folder: join(folder, nameOf(step)), videos }
      const replies = Effect.gen(function* () {
        if (seek === undefined) return yield* modelReplies({ ...at, settings })(asked)
        const sought = yield* seekReplies({ ...at, settings: seek })(asked)
        uses = sought.uses
        return sought.replies
      })
      return yield* replies.pipe(Effect.provideService(VisionLanguageModel, { ...model, identity }))
    }).pipe(Effect.provide(layerEmbedded(checkpoint).pipe(Layer.provide(Layer.succeed(Engine, engine)))))
  const { evaluation, tally } = yield* evaluateReplies(byTask, samples, source, {
    bootstrap: null,
    // As the rewards of training read them, so that `parsed` means the same in both records.
    reader: 'strict',
    unanswered: 'left-out',
  })
  return { ...validationRow(evaluation, tally), ...(uses === null ? {} : seekRow(uses)) }
})

/**
 * Removes the replies of later steps than `last`, the newest checkpoint's (see `nameOf`): their weights are about to be
 * made again.
 */
export const forgetValidations = Effect.fnUntraced(function* (folder: string, last: string) {
  const later = (yield* listFolder(folder)).filter((name) => /^step-\d+$/.test(name) && name > last)
  yield* attempt(folder, 'cleared', () => {
    for (const name of later) rmSync(join(folder, name), { recursive: true })
  })
})

const row = z.looseObject({ step: z.int() }).catchall(z.number())

/** What was measured before, during and after training, by step. */
export const validationRows = (file: string) => readRows(file, row)
