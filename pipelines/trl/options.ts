import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { ExecutorName } from '../../folds/executors/index.ts'
import type { GrpoOptions, SftOptions, TrainingItem } from '../../trainer/index.ts'

/** Options of `spanwise train ... --engine trl` in addition to the training's. */
export interface TrlOptions {
  /** GPUs of one node, one process each; 0 trains on the CPU. */
  readonly gpus: number
  /** Python with the packages of `engines/trl`. */
  readonly python: string
  /** `EngineSettings`; what is left out has its default. */
  readonly engine: { readonly [name: string]: unknown }
  readonly offload: boolean
  readonly executor: ExecutorName
  readonly executorOptions: { readonly [name: string]: unknown }
  /** Cores to request from a scheduler. */
  readonly cpus: number
  /** Address and port of the service; any free port of loopback by default. */
  readonly host: string
  readonly port: number
}

/**
 * Prompts of a step: as asked, or as many as there are samples. Settings that the embedded trainer has and TRL's trainer
 * has not are refused with an InputError.
 */
export const promptsPerStep = Effect.fnUntraced(function* (
  settings: GrpoOptions | SftOptions,
  items: ReadonlyArray<TrainingItem>,
  perStep: number,
  processes: number,
) {
  const refuse = (setting: string, problem: string, remedy: string) =>
    new InputError({ subject: `setting "${setting}"`, problem, remedy })
  if ('inject' in settings && settings.inject !== 'none')
    return yield* refuse(
      'inject',
      'TRL does not support rollouts that were not sampled',
      'set it to "none", or train with the embedded engine',
    )
  if ('refill' in settings && settings.refill > 0)
    return yield* refuse(
      'refill',
      'TRL draws no further prompts within a step',
      'set it to 0, or train with the embedded engine',
    )
  for (const setting of ['temporal', 'lengthBonus'] as const)
    if (setting in settings && (settings as GrpoOptions)[setting])
      return yield* refuse(
        setting,
        'TRL scores each completion alone, and this bonus compares those of a group',
        'leave it out, or train with the embedded engine',
      )
  if ('scale' in settings && settings.scale === 'task')
    return yield* refuse(
      'scale',
      'TRL does not know the tasks of its groups',
      'set it to "group", or train with the embedded engine',
    )
  if (perStep % processes !== 0)
    return yield* refuse(
      'group' in settings ? 'prompts' : 'batch',
      `${perStep} prompts cannot be shared by ${processes} GPUs`,
      'make it a multiple of --gpus',
    )
  const most = Math.floor(items.length / processes) * processes
  if (most === 0)
    return yield* refuse(
      'group' in settings ? 'prompts' : 'batch',
      `${items.length} samples cannot be shared by ${processes} GPUs`,
      'give more data, or lower --gpus',
    )
  if (perStep > most)
    yield* Effect.logWarning(`a step takes ${most} prompts instead of ${perStep}: there are no more samples`)
  if (items.some(({ weight }) => weight !== 1))
    yield* Effect.logWarning('the weights of the samples are ignored: TRL weights all samples equally')
  return Math.min(perStep, most)
})
