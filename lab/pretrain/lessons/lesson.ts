import type { Window } from '../../../core/index.ts'
import type { Grade, Scene } from '../../../datasets/shapes/index.ts'

/** Several questions about one view of one clip; the view is computed once for all of them. */
export interface Lesson {
  readonly scene: Scene
  /** Times of the frames shown, in seconds. */
  readonly times: ReadonlyArray<number>
  /** Frames whose time lies in here are blanked. */
  readonly blanked: ReadonlyArray<Window>
  readonly turns: ReadonlyArray<{ readonly question: string; readonly answer: string }>
}

/**
 * Kinds of lesson: what two seconds show; when things happen in a few seconds, and in a whole clip; the same of a clip
 * that boundary reflection or the curriculum has partly blanked; a short range to be verified; counting and choice.
 */
export type LessonKind = 'glimpse' | 'stretch' | 'whole' | 'blanked' | 'verify' | 'quiz'

/** What changes evenly through the training: its value at the first step and at the last. */
export type Ramp = readonly [first: number, last: number]

/** The value at `progress` through the training, in [0, 1]. */
export const along = ([first, last]: Ramp, progress: number): number => first + (last - first) * progress

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

/** Recognition is learnt first, from many glimpses; then grounding, in short stretches before whole clips. */
export const lessonDefaults: LessonSettings = {
  grades: { easy: 0.6, medium: 0.4, hard: 0 },
  shares: {
    glimpse: [4, 1],
    stretch: [4, 1],
    whole: [0.3, 1.6],
    blanked: [0.1, 0.5],
    verify: [2, 0.8],
    quiz: [0.1, 0.2],
  },
  absent: [0.2, 0.05],
  fps: 2,
}
