import { Effect } from 'effect'
import { mean } from '../core/index.ts'
import { adaptiveRatio, maskRatio } from '../curriculum/index.ts'
import type { TrainingItem } from './data.ts'
import type { GrpoOptions, MaskOptions } from './options.ts'
import { isConstantGroup, type RolloutGroup, sampledOf } from './rollouts.ts'

/** The largest share that `adaptive` may still hide of each sample, by key; it never rises. */
export type MaskCaps = Readonly<Record<string, number>>

type Masked = Pick<TrainingItem, 'key' | 'band' | 'difficulty' | 'sample'>

const capOf = (mask: MaskOptions, item: Masked, caps: MaskCaps): number =>
  caps[item.key] ?? adaptiveRatio(mask.start, mask.solvedAt, 1 - item.difficulty)

/**
 * The share of hidable frames that a sample has hidden when a step first shows it. Only hard samples are masked;
 * `adaptive` starts from the sample's difficulty, `on-failure` shows everything at first.
 */
export const ratioAt = (
  { mask }: Pick<GrpoOptions, 'mask'>,
  item: Masked,
  step: number,
  steps: number,
  caps: MaskCaps = {},
): number => {
  if (item.band !== 'hard' || item.sample.windows === null || mask.kind === 'on-failure') return 0
  const ratio = maskRatio(mask, step, steps)
  return mask.kind === 'adaptive' ? Math.min(ratio, capOf(mask, item, caps)) : ratio
}

/** Warns of a schedule that hides nothing in a training: only `on-failure` is for samples that are not hard. */
export const warnUnmasked = (
  { mask }: Pick<GrpoOptions, 'mask'>,
  items: ReadonlyArray<Masked>,
): Effect.Effect<void> =>
  mask.kind === 'none' ||
  mask.kind === 'on-failure' ||
  items.some((item) => ratioAt({ mask }, item, 0, 1) > 0)
    ? Effect.void
    : Effect.logWarning(
        `mask.kind=${mask.kind}: no frames are hidden, because ${mask.start === 0 || mask.until === 0 ? 'start or until is 0' : `none of the ${items.length} samples is hard and unsolved`}`,
      )

/** How well the policy's own rollouts solve a group's sample on average, in [0, 1]. */
export const solvedOf = ({ rollouts }: Pick<RolloutGroup, 'rollouts'>): number =>
  mean(sampledOf(rollouts).map(({ solved }) => solved))

/** The caps after a step. What one step shows of a sample, every later step shows too. */
export const nextCaps = (mask: MaskOptions, caps: MaskCaps, groups: ReadonlyArray<RolloutGroup>): MaskCaps =>
  mask.kind === 'adaptive'
    ? {
        ...caps,
        ...Object.fromEntries(
          groups.map((group) => [
            group.item.key,
            Math.min(
              capOf(mask, group.item, caps),
              adaptiveRatio(mask.start, mask.solvedAt, solvedOf(group)),
            ),
          ]),
        ),
      }
    : caps

/**
 * The share that `on-failure` hides of a sample that came out constant and unsolved, whatever its band; 0 for every
 * other group, and where the schedule is over.
 */
export const retryRatio = (
  { mask }: Pick<GrpoOptions, 'mask'>,
  group: RolloutGroup,
  step: number,
  steps: number,
): number =>
  mask.kind === 'on-failure' &&
  group.item.sample.windows !== null &&
  isConstantGroup(group) &&
  solvedOf(group) < mask.solvedAt
    ? maskRatio(mask, step, steps)
    : 0
