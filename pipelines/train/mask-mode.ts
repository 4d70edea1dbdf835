import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { MaskMode, MaskSchedule } from '../../curriculum/index.ts'
import type { ModelProfile } from '../../models/index.ts'
import type { MaskOptions } from '../../trainer/index.ts'

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

const refuse = (name: string, problem: string, remedy: string): Effect.Effect<void, InputError> =>
  Effect.fail(new InputError({ subject: `train curriculum setting "mask.${name}"`, problem, remedy }))

/**
 * Refuses settings of masks that the others leave without effect. A `start` of 0 turns masks off whatever else is set.
 *
 * @param given what the user set below `mask`.
 */
export const checkMaskUsed = (
  given: unknown,
  { kind, start }: Pick<MaskOptions, 'kind' | 'start'>,
): Effect.Effect<void, InputError> => {
  const set = Object.keys((given as object | undefined) ?? {})
  if (start === 0) return Effect.void
  const idle = set.find((name) => name !== 'kind' && (kind === 'none' || name === 'solvedAt'))
  if (idle === undefined || kind === 'adaptive' || kind === 'on-failure') return Effect.void
  return kind === 'none'
    ? refuse(
        idle,
        'has no effect, because no frames are hidden',
        `add --set mask.kind=linear (or another schedule), or leave it out`,
      )
    : refuse(
        idle,
        `has no effect on the schedule ${kind}, which follows the steps alone`,
        'leave it out, or set mask.kind to adaptive or on-failure',
      )
}

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
