import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { MaskMode } from '../../curriculum/index.ts'
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
