import { existsSync } from 'node:fs'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { GrpoOptions, SftOptions, TrainingItem } from '../../trainer/index.ts'
import type { EngineSettings } from '../../trainer/service/index.ts'
import type { TrainOptions } from '../train/options.ts'

const refuse = (subject: string, problem: string, remedy: string) =>
  new InputError({ subject, problem, remedy })

const setting = (name: string, problem: string, remedy: string) =>
  refuse(`setting "${name}"`, problem, remedy)

/** Whether some samples count for less than others. */
const isWeighted = (items: ReadonlyArray<TrainingItem>): boolean => items.some(({ weight }) => weight !== 1)

/** A sample's weight multiplies its advantages, which is exact where nothing but advantages makes the loss. */
const weightsGap = (settings: GrpoOptions | SftOptions): string | null =>
  !('group' in settings)
    ? 'SFTTrainer weighs all samples equally'
    : settings.scale === 'batch'
      ? 'the deviation of a batch that is spread over processes is not known when rewards are weighed ("scale" is "batch")'
      : settings.beta > 0
        ? 'TRL does not weigh the KL term ("beta" is above 0)'
        : null

/**
 * Settings and data that the embedded trainer takes and TRL's trainers do not are refused with an InputError: a training
 * must not ignore them.
 */
export const checkSupported = Effect.fnUntraced(function* (
  settings: GrpoOptions | SftOptions,
  items: ReadonlyArray<TrainingItem>,
) {
  if ('inject' in settings && settings.inject !== 'none')
    return yield* setting(
      'inject',
      'TRL does not support rollouts that were not sampled',
      'set it to "none", or train with the embedded engine',
    )
  if ('refill' in settings && settings.refill > 0)
    return yield* setting(
      'refill',
      'TRL draws no further prompts within a step',
      'set it to 0, or train with the embedded engine',
    )
  for (const name of ['temporal', 'lengthBonus'] as const)
    if (name in settings && (settings as GrpoOptions)[name])
      return yield* setting(
        name,
        'TRL scores each completion alone, and this bonus compares those of a group',
        'leave it out, or train with the embedded engine',
      )
  if ('scale' in settings && settings.scale === 'task')
    return yield* setting(
      'scale',
      'TRL does not know the tasks of its groups',
      'set it to "group", or train with the embedded engine',
    )
  const gap = weightsGap(settings)
  if (gap !== null && isWeighted(items)) {
    const first = items.find(({ weight }) => weight !== 1)!
    return yield* refuse(
      `sample ${first.key}`,
      `has weight ${first.weight}, and ${gap}`,
      'curate with another action than downweight, change the setting, or train with the embedded engine',
    )
  }
})

/**
 * Conversations about frames: taught rounds are rows of their own; GRPO trains a conversation as one row, by packing, which
 * knows the prompts of a row's rounds.
 */
export const checkSeek = Effect.fnUntraced(function* (
  settings: GrpoOptions | SftOptions,
  { packing, vllm, sharding }: EngineSettings,
) {
  const { seek } = settings
  if (seek === undefined) return
  const embedded = 'or train with the embedded engine'
  if (!('group' in settings)) return
  if (seek.pairing !== 'all')
    return yield* setting('seek.pairing', 'TRL trains all rounds', `set it to all, ${embedded}`)
  if (settings.maskTruncated)
    return yield* setting(
      'maskTruncated',
      'TRL looks at the last reply of a conversation only',
      `set it to false, ${embedded}`,
    )
  if (!packing || vllm !== 'off' || sharding === 'fsdp2' || sharding === 'zero3')
    return yield* setting(
      'seek',
      'rounds of different lengths are sampled here, on whole weights, and trained packed',
      `use --packing on, --vllm off and --sharding ddp or zero2, ${embedded}`,
    )
})

/**
 * Prompts of a step: as asked, or as many as there are samples. InputError where the processes cannot share them equally.
 */
export const promptsPerStep = Effect.fnUntraced(function* (
  settings: GrpoOptions | SftOptions,
  items: ReadonlyArray<TrainingItem>,
  perStep: number,
  processes: number,
) {
  const name = 'group' in settings ? 'prompts' : 'batch'
  if (perStep % processes !== 0)
    return yield* setting(
      name,
      `${perStep} prompts cannot be shared by ${processes} GPUs`,
      'make it a multiple of --gpus',
    )
  const most = Math.floor(items.length / processes) * processes
  if (most === 0)
    return yield* setting(
      name,
      `${items.length} samples cannot be shared by ${processes} GPUs`,
      'give more data, or lower --gpus',
    )
  if (perStep > most)
    yield* Effect.logWarning(`a step takes ${most} prompts instead of ${perStep}: there are no more samples`)
  return Math.min(perStep, most)
})

/** Refuses a validation that the embedded engine, which answers it, cannot run before and after the training. */
export const checkValidation = Effect.fnUntraced(function* (
  { model, validation }: Pick<TrainOptions, 'model' | 'validation'>,
  { evaluateEvery }: GrpoOptions | SftOptions,
  { loraRank }: EngineSettings,
) {
  if (validation === undefined) return
  const later = 'leave out --validation and evaluate the checkpoint with "spanwise eval"'
  if (evaluateEvery > 0)
    return yield* setting(
      'evaluateEvery',
      'TRL does not pause between steps: a run is validated before the first step and after the last',
      'set it to 0, and evaluate other checkpoints with "spanwise eval"',
    )
  if (loraRank !== null)
    return yield* refuse(
      '--validation',
      'checkpoints of adapters are not answered by the embedded engine',
      `${later} through a server, or leave out --lora-rank`,
    )
  if (!existsSync(model))
    return yield* refuse(
      '--validation',
      `the embedded engine, which answers it, needs the files of ${model} on this machine`,
      `download them ("hf download ${model}") and set --model to their folder, or ${later}`,
    )
})
