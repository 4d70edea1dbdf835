import { Effect } from 'effect'
import type { Task } from '../../core/index.ts'
import { type ModelProfile, type ReplyPlan, replyPlan } from '../../models/index.ts'
import { defaultWeights, type TaskWeights } from '../../rewards/index.ts'
import { grpoSchema, sftSchema, type TrainingItem } from '../../trainer/index.ts'
import { parseSettings } from '../settings.ts'
import { checkMaskMode } from './mask-mode.ts'

type Given = { readonly [name: string]: unknown } | undefined

/** The rewards of the tasks in the data: one set where there is one task, else a set for each. */
const rewardsFor = (items: ReadonlyArray<TrainingItem>): TaskWeights => {
  const present = [...new Set(items.map(({ sample }) => sample.task))].toSorted()
  return present.length === 1
    ? defaultWeights(present[0]!)
    : Object.fromEntries(present.map((task) => [task, defaultWeights(task)]))
}

/** Settings of GRPO: what was given, and the model's own learning rate and length of replies. */
export const curriculumSettings = (
  profile: ModelProfile,
  items: ReadonlyArray<TrainingItem>,
  settings: Given,
) =>
  parseSettings('train curriculum', grpoSchema, {
    learningRate: profile.learningRate.grpo,
    rewards: rewardsFor(items),
    ...settings,
    sampling: {
      maxTokens: Math.max(...items.map(({ sample }) => replyPlan(profile, sample.task).maxTokens)),
      ...(settings?.sampling as object | undefined),
    },
  }).pipe(Effect.tap(({ mask }) => checkMaskMode(profile, mask.mode)))

/** Settings of supervised fine-tuning: what was given, and the model's own learning rate. */
export const sftSettings = (profile: ModelProfile, settings: Given) =>
  parseSettings('train sft', sftSchema, { learningRate: profile.learningRate.sft, ...settings })

/** How replies are requested. SFT trains on annotations without reasoning, so reasoning is off. */
export const planOf =
  (kind: 'sft' | 'curriculum', profile: ModelProfile) =>
  (task: Task): Pick<ReplyPlan, 'ask' | 'enable'> => {
    const { ask, enable } = replyPlan(profile, task)
    return kind === 'sft' ? { ask: false, enable: enable === null ? null : false } : { ask, enable }
  }
