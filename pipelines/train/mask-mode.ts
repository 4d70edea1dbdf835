import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { MaskMode, MaskSchedule } from '../../curriculum/index.ts'
import type { ModelProfile } from '../../models/index.ts'

/** Frames may be dropped only if each has its own time; otherwise the model would treat the rest as adjacent. */
export const checkMaskMode = (
  { model, timestamps }: Pick<ModelProfile, 'model' | 'timestamps'>,
  mode: MaskMode,
): Effect.Effect<void, InputError> =>
  mode === 'blank' || timestamps === 'text'
    ? Effect.void
    : Effect.fail(
        new InputError({
          subject: 'train curriculum setting "mask.mode"',
          problem: `drop is not possible with ${model}, which is not told the time of each frame`,
          remedy: 'set mask.mode to blank',
        }),
      )

/**
 * A training engine sees the masks of a step before its rollouts exist, from (run, step, sample) alone. Schedules that
 * follow the rollouts are refused there.
 */
export const checkServedMask = (kind: MaskSchedule['kind']): Effect.Effect<void, InputError> =>
  kind === 'adaptive' || kind === 'on-failure'
    ? Effect.fail(
        new InputError({
          subject: 'train curriculum setting "mask.kind"',
          problem: `${kind} follows the rollouts, which are not known when TRL asks for the masks of a step`,
          remedy: 'set mask.kind to linear, cosine or step, or train with --engine embedded',
        }),
      )
    : Effect.void
