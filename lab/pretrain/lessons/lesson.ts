import type { Window } from '../../../core/index.ts'
import type { Grade, Scene } from '../../../datasets/shapes/index.ts'

/** A question and its right answer. */
export interface Exchange {
  readonly question: string
  readonly answer: string
}

/** Several questions about one view of one clip; the view is computed once for all of them. */
export interface Lesson {
  readonly scene: Scene
  /** Times of the frames shown, in seconds. */
  readonly times: ReadonlyArray<number>
  /** Frames whose time lies in here are blanked. */
  readonly blanked: ReadonlyArray<Window>
  readonly turns: ReadonlyArray<Exchange>
}

/**
 * Kinds of lesson: what two seconds show; when things happen in a few seconds, and in a whole clip; the same of a clip
 * that boundary reflection or the curriculum has partly blanked; a short range to be verified; counting with thoughts and
 * without; choice; choice with evidence; and the rounds of frame seeking.
 */
export const lessonKinds = [
  'glimpse',
  'stretch',
  'whole',
  'blanked',
  'verify',
  'counting',
  'choice',
  'grounded',
  'seek',
] as const
export type LessonKind = (typeof lessonKinds)[number]

/** What changes through the training: values at evenly spaced times from its first step to its last. */
export type Ramp = readonly [first: number, ...later: ReadonlyArray<number>]

/** The value at `progress` through the training, in [0, 1]: on straight lines between those of the ramp. */
export const along = (ramp: Ramp, progress: number): number => {
  const at = progress * (ramp.length - 1)
  const before = Math.floor(at)
  const [from = ramp[0], to = from] = ramp.slice(before)
  return from + (to - from) * (at - before)
}

/** What every lesson is drawn by. */
export interface Now {
  /** Frames per second. */
  readonly fps: number
  /** Share of the grounding questions about events that do not happen. */
  readonly absent: number
}

/** What the lessons are like. */
export interface LessonSettings {
  /** Share of each grade among the scenes. Hard scenes are left out, so that later training can improve on them. */
  readonly grades: { readonly [grade in Grade]: number }
  /** Lessons of each kind that a scene gives on average, at the first step and at the last. */
  readonly shares: { readonly [kind in LessonKind]: Ramp }
  /**
   * Share of the grounding questions about events that do not happen. An uncertain model gives the most common answer; if
   * that is "none", it rarely names a time, so the share falls from large to small during training.
   */
  readonly absent: Ramp
  /** Frames per second. */
  readonly fps: number
}

/** The share of each kind. */
export const sharesOf = (share: (kind: LessonKind) => Ramp): LessonSettings['shares'] =>
  Object.fromEntries(lessonKinds.map((kind) => [kind, share(kind)])) as LessonSettings['shares']

/** Recognition is learnt first, from many glimpses; then grounding, in short stretches before whole clips. */
export const lessonDefaults: LessonSettings = {
  grades: { easy: 0.5, medium: 0.5, hard: 0 },
  shares: {
    glimpse: [8, 1.5, 0.5, 0.3],
    stretch: [1, 2.5, 1, 0.5],
    whole: [0.1, 0.6, 1.2, 1.5],
    blanked: [0, 0.1, 0.3, 0.4],
    verify: [1, 2, 2, 1.5],
    counting: [0.1, 0.3],
    choice: [0.1, 0.3],
    grounded: [0.2, 0.5],
    seek: [0.2, 0.4],
  },
  absent: [0.2, 0.1],
  fps: 2,
}

/** Settings that differ from the defaults. */
export interface LessonChanges extends Partial<Omit<LessonSettings, 'shares' | 'grades'>> {
  readonly shares?: Partial<LessonSettings['shares']>
  readonly grades?: Partial<LessonSettings['grades']>
}

export const changedLessons = (changes: LessonChanges = {}): LessonSettings => ({
  ...lessonDefaults,
  ...changes,
  shares: { ...lessonDefaults.shares, ...changes.shares },
  grades: { ...lessonDefaults.grades, ...changes.grades },
})
