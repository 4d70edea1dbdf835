import { Effect } from 'effect'
import { deviation, mean, type Sample } from '../../core/index.ts'
import { type Grade, grades } from '../../datasets/shapes/index.ts'
import type { EngineService } from '../../engine/index.ts'
import type { ExamQuestion } from '../../lab/pretrain/exam.ts'
import { composeRewards, defaultWeights, targetOf } from '../../rewards/index.ts'
import { isConstant } from '../../trainer/index.ts'

/** What reinforcement would find: groups of rollouts of one question each, rewarded by its task's default. */
export interface Spread {
  /** Share of groups whose rewards are all equal, and of those whose rewards are all 0. */
  readonly constant: number
  readonly zero: number
  /** Mean over groups of the standard deviation of their rewards, and the mean reward. */
  readonly deviation: number
  readonly reward: number
}

/** Questions in memory at the same time. */
const chunk = 32

/** The rewards of `rollouts` answers to each question, drawn at temperature 1. */
const rewardsOf = Effect.fnUntraced(function* (
  engine: EngineService,
  questions: ReadonlyArray<ExamQuestion>,
  rollouts: number,
  seed: number,
) {
  const groups: Array<ReadonlyArray<number>> = []
  for (let from = 0; from < questions.length; from += chunk) {
    const part = questions.slice(from, from + chunk)
    const replies = yield* engine.generate(
      part.map(({ prompt }) => prompt),
      { temperature: 1, topP: 1, topK: 0, maxTokens: 128, stop: [], n: rollouts, seed: seed + from },
    )
    for (const [index, { sample }] of part.entries()) {
      const rewards = yield* composeRewards(defaultWeights(sample.task))
      groups.push(
        replies[index]!.map(({ text }) => rewards.score(text, targetOf(sample, sample.duration ?? 0)).total),
      )
    }
  }
  return groups
})

/** The spread of each task's rewards by grade, over the questions of an exam. */
export const spread = Effect.fnUntraced(function* (
  engine: EngineService,
  questions: ReadonlyArray<ExamQuestion>,
  { rollouts = 8, seed = 1 }: { readonly rollouts?: number; readonly seed?: number } = {},
) {
  const groups = yield* rewardsOf(engine, questions, rollouts, seed)
  const gradeOf = ({ meta }: Sample) => meta?.grade
  const tasks = [...new Set(questions.map(({ sample }) => sample.task))]
  const spreadIn = (task: string, grade: Grade): Spread => {
    const own = groups.filter(
      (_, index) => questions[index]!.sample.task === task && gradeOf(questions[index]!.sample) === grade,
    )
    return {
      constant: mean(own.map((rewards) => (isConstant(rewards) ? 1 : 0))),
      zero: mean(own.map((rewards) => (rewards.every((reward) => reward === 0) ? 1 : 0))),
      deviation: mean(own.map(deviation)),
      reward: mean(own.flat()),
    }
  }
  return Object.fromEntries(
    tasks.map((task) => [task, Object.fromEntries(grades.map((grade) => [grade, spreadIn(task, grade)]))]),
  )
})
