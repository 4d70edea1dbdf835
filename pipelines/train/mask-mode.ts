import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { MaskMode } from '../../curriculum/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'

/** Frames may be dropped only where each carries its own time; elsewhere the model would take the others for neighbours. */
export const checkMaskMode = ({ model }: Preprocessing, mode: MaskMode): Effect.Effect<void, InputError> =>
  mode === 'blank' || model.time === 'text'
    ? Effect.void
    : Effect.fail(
        new InputError({
          subject: 'train curriculum setting "mask.mode"',
          problem: `drop is not possible with ${model.architecture}, which takes frames at one interval only`,
          remedy: 'leave mask.mode at blank',
        }),
      )
