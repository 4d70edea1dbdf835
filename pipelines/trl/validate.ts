import { Effect } from 'effect'
import { workerEngine } from '../../engine/index.ts'
import type { RunFolder } from '../../trainer/index.ts'
import { engineDefaults, planOf, taskPlans } from '../train/defaults.ts'
import type { TrainOptions } from '../train/options.ts'
import { seekValidation } from '../train/seek.ts'
import { validate, validationRows, validationSettings } from '../train/validate.ts'
import type { ReadTrl } from './open.ts'

/** File of a run's validations, one row for each validated step. */
export const validationFile = 'validation.jsonl'

/**
 * Answers of a checkpoint's folder on the validation samples, by the embedded engine, as a row of validation.jsonl with the
 * columns of the embedded trainer. Nothing where no validation was asked for or the step has its row.
 */
export const validateCheckpoint = Effect.fnUntraced(function* (
  read: ReadTrl,
  options: TrainOptions,
  folder: RunFolder,
  checkpoint: string,
  step: number,
) {
  const { validation } = options
  const { training, profile, items } = read
  const { seek } = training.options
  if (validation === undefined) return
  const rows = yield* validationRows(folder.file(validationFile))
  if (rows.some((row) => row.step === step)) return
  const begun = performance.now()
  const plan = planOf(training.kind, profile, training.kind === 'sft' ? training.options.thoughts : true)
  const { device, threads } = { ...engineDefaults, ...options.engine }
  const engine = yield* workerEngine({ device, threads, purpose: 'inference', checkpoint })
  const plans = taskPlans(plan, items)
  const maxTokens = training.kind === 'sft' ? undefined : training.options.sampling.maxTokens
  const measured = yield* validate(
    {
      ...{ checkpoint, engine, ...validation },
      settings: validationSettings(profile, plans, maxTokens),
      ...(seek === undefined
        ? {}
        : {
            seek: seekValidation(profile, seek, plans.choice!, maxTokens ?? plans.choice!.maxTokens),
          }),
      folder: folder.file('validation'),
    },
    step,
  )
  yield* folder.record(validationFile, {
    step,
    ...measured,
    seconds: (performance.now() - begun) / 1000,
  })
}, Effect.scoped)
