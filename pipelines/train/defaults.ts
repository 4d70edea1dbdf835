import { Effect } from 'effect'
import type { Sample, Task } from '../../core/index.ts'
import { type ModelProfile, type ReplyPlan, replyPlan } from '../../models/index.ts'
import { defaultWeights, type TaskWeights } from '../../rewards/index.ts'
import { tasks, taughtReply } from '../../tasks/index.ts'
import { grpoSchema, sftSchema, type TrainingItem } from '../../trainer/index.ts'
import { parseSettings } from '../settings.ts'
import { checkMaskMode, checkMaskUsed } from './mask-mode.ts'

type Given = { readonly [name: string]: unknown } | undefined

/** The rewards of the tasks in the data: one set where there is one task, else a set for each. */
const rewardsFor = (present: ReadonlyArray<Task>): TaskWeights =>
  present.length === 1
    ? defaultWeights(present[0]!)
    : Object.fromEntries(present.map((task) => [task, defaultWeights(task)]))

/** Settings of GRPO: what was given, and the model's own learning rate and length of replies. */
export const curriculumSettings = (
  profile: ModelProfile,
  items: ReadonlyArray<TrainingItem>,
  settings: Given,
) => {
  const present = [...new Set(items.map(({ sample }) => sample.task))].toSorted()
  return parseSettings('train curriculum', grpoSchema, {
    learningRate: profile.learningRate.grpo,
    rewards: settings?.seek === undefined ? rewardsFor(present) : { answer: 1 },
    ...settings,
    sampling: {
      maxTokens: Math.max(...present.map((task) => replyPlan(profile, task).maxTokens)),
      ...(settings?.sampling as object | undefined),
    },
  }).pipe(
    Effect.tap(({ mask }) => checkMaskMode(profile, mask.mode)),
    Effect.tap(({ mask }) => checkMaskUsed(settings?.mask, mask)),
  )
}

/** Settings of supervised fine-tuning: what was given, and the model's own learning rate. */
export const sftSettings = (profile: ModelProfile, settings: Given) =>
  parseSettings('train sft', sftSchema, { learningRate: profile.learningRate.sft, ...settings })

/**
 * How the reply to a sample is requested. SFT asks for reasoning exactly where a sample has written thoughts that it is
 * to learn.
 */
export const planOf =
  (kind: 'sft' | 'curriculum', profile: ModelProfile, thoughts = true) =>
  (sample: Sample): Pick<ReplyPlan, 'ask' | 'enable' | 'maxTokens'> => {
    if (kind === 'curriculum') return replyPlan(profile, sample.task)
    const taught = thoughts && taughtReply(sample) !== null
    return replyPlan({ ...profile, think: taught ? 'on' : 'off' }, sample.task)
  }

/** The same for each task as a whole, for validation: with reasoning where most of its samples are. */
export const taskPlans = (
  plan: ReturnType<typeof planOf>,
  items: ReadonlyArray<TrainingItem>,
): { readonly [task: string]: ReturnType<ReturnType<typeof planOf>> } =>
  Object.fromEntries(
    tasks.map((task) => {
      const plans = items.filter(({ sample }) => sample.task === task).map(({ sample }) => plan(sample))
      const reasoned = plans.filter(({ ask, enable }) => ask || enable === true)
      const usual =
        2 * reasoned.length > plans.length ? reasoned[0] : plans.find((one) => !reasoned.includes(one))
      return [task, usual ?? plan({ ...nothing, task })]
    }),
  )

const nothing = {
  id: '',
  dataset: '',
  split: '',
  video: '',
  file: '',
  duration: null,
  query: '',
  windows: null,
}

/** Where the embedded engine runs unless the caller says otherwise. */
export const engineDefaults = { device: 'cpu', threads: 2 } as const
