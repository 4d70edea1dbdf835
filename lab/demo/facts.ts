import type { Window } from '../../core/index.ts'
import type { Grade } from '../../datasets/shapes/index.ts'
import type { DifficultyQuality, ReflectionQuality } from './measure.ts'
import type { Heading, Phase } from './stage.ts'

/** Constant groups and spread of one step's samples of one grade. */
export interface GradeGroups {
  readonly step: number
  readonly grade: Grade
  readonly groups: number
  readonly constant: number
  /** Mean standard deviation of the rewards within the groups. */
  readonly spread: number
}

/** One model measured on the validation split. */
export interface Measured {
  readonly name: string
  readonly miou: number
  readonly setIou: number
  /** Bootstrap 95 % interval of mIoU, percent. */
  readonly interval: readonly [number, number] | null
  readonly recall: number
  readonly parsed: number
  readonly byGrade: { readonly [grade: string]: number }
}

/** Reward, masking and validation over the steps of one training run. */
export interface TrainingCurve {
  readonly name: string
  readonly steps: ReadonlyArray<{
    readonly step: number
    readonly reward: number
    readonly maskRatio: number
    readonly entropy: number
  }>
  readonly validation: ReadonlyArray<{ readonly step: number; readonly setIou: number }>
  readonly groups: ReadonlyArray<GradeGroups>
}

/** The curated run against the control on the same queries. */
export interface Contest {
  /** Curated less control, in points of each metric. */
  readonly miou: Difference
  readonly setIou: Difference
  /** Share of the selected annotations that leave out a true window. */
  readonly partial: { readonly curated: number; readonly random: number }
  /** Seconds of both agents and of one training. */
  readonly seconds: { readonly curation: number; readonly training: number }
}

export interface Difference {
  readonly points: number
  /** Paired bootstrap over videos, 95 %. */
  readonly interval: readonly [number, number]
}

/** A flagged sample in the report. */
export interface Case {
  readonly sample: string
  readonly query: string
  readonly duration: number
  readonly score: number
  readonly partial: boolean
  readonly annotated: ReadonlyArray<Window>
  readonly truth: ReadonlyArray<Window>
  readonly proposals: ReadonlyArray<Window>
  /** `data:` addresses of frames in order of time. */
  readonly frames: ReadonlyArray<string>
}

/** The results of `spanwise demo`; `report.json` has them without the frames. */
export interface DemoReport extends Heading {
  readonly world: {
    readonly videos: number
    readonly samples: number
    readonly partial: number
    readonly validation: number
  }
  /** Name of the checkpoint that boundary reflection asked. */
  readonly judge: string
  readonly reflection: ReflectionQuality
  readonly difficulty: DifficultyQuality
  readonly curation: { readonly decisions: { readonly [name: string]: number }; readonly selected: number }
  readonly measured: ReadonlyArray<Measured>
  readonly curves: ReadonlyArray<TrainingCurve>
  readonly contest: Contest
  readonly phases: ReadonlyArray<Phase>
  readonly cases: ReadonlyArray<Case>
}

/** Share of constant groups and mean spread of one grade over a part of the steps; NaN where it has no group. */
export const groupsOf = (
  { groups, steps }: Pick<TrainingCurve, 'groups' | 'steps'>,
  grade: Grade,
  from: number,
  to: number,
): { readonly constant: number; readonly spread: number } => {
  const rows = groups.filter((row) => {
    const place = row.step / Math.max(1, steps.length)
    return row.grade === grade && place >= from && place < to
  })
  const count = rows.reduce((sum, row) => sum + row.groups, 0)
  return {
    constant: rows.reduce((sum, row) => sum + row.constant, 0) / count,
    spread: rows.reduce((sum, row) => sum + row.groups * row.spread, 0) / count,
  }
}
