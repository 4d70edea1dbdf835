import { Effect } from 'effect'
import { frameSeeker, layoutOf, type SeekSettings, seekDefaults } from '../../agents/index.ts'
import { InputError, type Sample } from '../../core/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import { budgetOf, type ModelProfile, type ReplyPlan } from '../../models/index.ts'
import {
  checkOrder,
  checkTaught,
  type GrpoOptions,
  type SeekSource,
  type SeekTraining,
  type SftOptions,
  seekSource,
  type TrainingItem,
  withEvidence,
  withOptions,
  withRefusals,
} from '../../trainer/index.ts'
import type { PixelBudget, Videos } from '../../video/index.ts'
import { fileOf, type VideoFolders } from './data.ts'

/** The size of frames of which a round shows so many: decoded together, they are budgeted apart. */
export const frameBudget = (profile: ModelProfile, frames: number): PixelBudget => {
  const { clipPixels, ...budget } = budgetOf(profile.view, profile.view)
  return {
    ...budget,
    maxPixels:
      clipPixels === undefined
        ? budget.maxPixels
        : Math.min(budget.maxPixels, Math.floor(clipPixels / frames)),
  }
}

/** Decodes one frame a second of an item's video, at the size of a round's frames. */
export const seekClipsOf =
  (
    videos: Videos['Service'],
    profile: ModelProfile,
    folders: VideoFolders,
    { frames }: Pick<SeekTraining, 'frames'>,
  ) =>
  ({ sample }: TrainingItem) =>
    videos.clip(
      fileOf(folders, sample) ?? sample.file,
      { kind: 'rate', fps: 1 },
      frameBudget(profile, frames),
    )

/** Where the prompts of frame seeking come from in training on the embedded engine. */
export const seekSourceOf = (options: {
  readonly videos: Videos['Service']
  readonly folders: VideoFolders
  readonly preprocessing: Preprocessing
  readonly profile: ModelProfile
  readonly plan: Pick<ReplyPlan, 'ask' | 'enable'>
  readonly settings: SeekTraining
  readonly cacheBytes?: number
}): SeekSource => {
  const { videos, folders, preprocessing, profile, plan, settings } = options
  return seekSource({
    preprocessing,
    clip: seekClipsOf(videos, profile, folders, settings),
    settings,
    style: { dialect: profile.dialect, think: plan.ask },
    enable: plan.enable,
    layout: layoutOf(profile, { kind: 'pixels' }),
    framesPerToken: profile.view.framesPerToken,
    ...(options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }),
  })
}

/** Validation seeks frames as the training does. */
export const seekValidation = (
  profile: ModelProfile,
  { frames, rounds, start, mode, requests, labels }: SeekTraining,
  plan: Pick<ReplyPlan, 'ask' | 'enable'>,
  maxTokens: number,
): SeekSettings =>
  frameSeeker.settings.parse({
    ...seekDefaults(profile),
    ...{ frames, rounds, start, mode, requests, labels, maxTokens },
    ...{ think: plan.ask, reasoning: plan.enable, guided: false },
  })

/** The items that a training can use, with refusals; of frame seeking those that it can be taught on, without. */
const usableItems = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  settings: SftOptions | GrpoOptions,
  validation: ReadonlyArray<Sample> | undefined,
) {
  if (settings.seek === undefined) return yield* withRefusals(items, settings)
  if (validation?.every(({ task }) => task !== 'choice') === true)
    return yield* new InputError({
      subject: '--validation',
      problem: 'has no multiple-choice samples, the only ones that frame seeking asks about',
      remedy: 'validate on another split, or leave out seek',
    })
  yield* refuseIgnored(settings)
  if (!('inject' in settings)) return yield* withEvidence(items)
  return yield* withOptions(items)
})

/**
 * The items that a training with these settings uses. Refuses those that do not fit the settings, and validation samples
 * of which none can be asked about. Nothing is written before.
 */
export const fitItems = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  settings: SftOptions | GrpoOptions,
  validation: ReadonlyArray<Sample> | undefined,
) {
  const fit = yield* usableItems(items, settings, validation)
  yield* checkOrder(fit, settings)
  if ('thoughts' in settings && settings.thoughts) yield* checkTaught(fit)
  return fit
})

/** Settings that conversations about frames do not have, and why. */
const outsideSeek: ReadonlyArray<
  readonly [name: 'inject' | 'temporal' | 'lengthBonus' | 'refusals' | 'mask', problem: string]
> = [
  ['inject', 'an annotation cannot take the place of a conversation about frames'],
  ['temporal', 'a conversation about frames has no frames in another order to compare with'],
  ['lengthBonus', 'the length of a conversation about frames is not that of one reply'],
  ['mask', 'a conversation about frames shows what the model asks for, and hides nothing'],
  ['refusals', 'frame seeking asks multiple-choice questions, which are not refused'],
]

/** Refuses settings that frame seeking would ignore. */
const refuseIgnored = (settings: SftOptions | GrpoOptions): Effect.Effect<void, InputError> => {
  const given = settings as { readonly [name: string]: unknown }
  const masks = 'mask' in settings && settings.mask.kind !== 'none' && settings.mask.start > 0
  const found = outsideSeek.find(([name]) =>
    name === 'mask' ? masks : given[name] && given[name] !== 'none',
  )
  return found === undefined
    ? Effect.void
    : Effect.fail(
        new InputError({
          subject: `setting "${found[0]}"`,
          problem: found[1],
          remedy: `leave out ${found[0]} or seek`,
        }),
      )
}
