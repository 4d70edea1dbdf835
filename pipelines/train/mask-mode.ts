import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { MaskMode } from '../../curriculum/index.ts'
import type { ModelProfile } from '../../models/index.ts'

/** Frames may be dropped only where each carries its own time; elsewhere the model would take the rest for neighbours. */
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
          remedy: 'leave mask.mode at blank',
        }),
      )
