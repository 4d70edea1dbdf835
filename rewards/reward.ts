import type { Sample, Task, Window } from '../core/index.ts'

/** What a reward may use in addition to the completion. Times are true seconds of the whole clip. */
export interface RewardTarget {
  /** What is asked; grounding where absent. */
  readonly task?: Task
  /** True windows; `[]` says that the query never holds. */
  readonly windows: ReadonlyArray<Window>
  /** Duration of the clip in seconds, or null where unknown. */
  readonly duration: number | null
  /** The option's letter, the count in digits, or the reference text. */
  readonly answer?: string
  /** Video-R1's `problem_type`, which its samples carry as `meta.type`. */
  readonly problemType?: string
}

/** One named score of one completion's text. Pure, total on every string, and finite. */
export type Reward = (text: string, target: RewardTarget) => number

/** The target of a sample whose clip lasts `duration` seconds (the annotated duration by default). */
export const targetOf = (sample: Sample, duration: number | null = sample.duration): RewardTarget => {
  const type = sample.meta?.type
  return {
    task: sample.task,
    windows: sample.windows ?? [],
    duration,
    ...(sample.answer === undefined ? {} : { answer: sample.answer }),
    ...(typeof type === 'string' ? { problemType: type } : {}),
  }
}
