import type { Window } from '../../core/index.ts'

/**
 * The elements of the shapes world: coloured shapes that enter, leave, move, stop, blink and bounce over a noisy
 * background. Time is counted in ticks of 1/8 s and every event is on a grid of half a second, so that windows are
 * exact and visible at two frames per second. Space is a lattice of 128 x 128 points.
 */
export const ticksPerSecond = 8
/** Events start and end on multiples of this many ticks: half a second. */
export const grid = 4
/** Width and height of the lattice, in points; also the size of the written videos in pixels. */
export const lattice = 128
/** Clip lengths in seconds. */
export const durations = [12, 14, 16] as const

export const colours = ['red', 'green', 'blue', 'yellow', 'purple', 'white'] as const
export type Colour = (typeof colours)[number]

export const shapes = ['circle', 'square', 'triangle', 'star', 'cross'] as const
export type Shape = (typeof shapes)[number]

export const grades = ['easy', 'medium', 'hard'] as const
export type Grade = (typeof grades)[number]

export const directions = ['left', 'right', 'up', 'down'] as const
export type Direction = (typeof directions)[number]

export type PhaseKind = 'absent' | 'still' | 'move' | 'enter' | 'leave' | 'bounce' | 'blink'

/** What one shape does from tick `start` (included) to tick `end` (excluded). */
export interface Phase {
  readonly kind: PhaseKind
  readonly start: number
  readonly end: number
  /** Of `move`, `enter` and `leave`. */
  readonly direction?: Direction
  /** Of `bounce`: hops; of `blink`: times it goes dark. */
  readonly cycles?: number
  /** Of `bounce`: points travelled at the top of a hop; negative is up. */
  readonly hop?: number
  /** Centre at `start` and at `end`, in lattice points. Meaningless when absent. */
  readonly from: Point
  readonly to: Point
}

export type Point = readonly [x: number, y: number]

/** One shape and all it does; its phases cover the whole clip without gaps. */
export interface Actor {
  readonly colour: Colour
  readonly shape: Shape
  /** In lattice points: 14 to 20, so at 64 pixels a shape is at least 14 pixels wide. */
  readonly radius: number
  readonly phases: ReadonlyArray<Phase>
}

/** A whole clip. Later actors are drawn over earlier ones. */
export interface Scene {
  readonly seed: string
  readonly grade: Grade
  /** Length in ticks. */
  readonly ticks: number
  /** Background colour, 0..255 a channel. */
  readonly background: readonly [number, number, number]
  /** Amplitude of the background noise, in grey levels. */
  readonly noise: number
  /** How much of a shape's own colour shows, in 1/256. */
  readonly contrast: number
  readonly actors: ReadonlyArray<Actor>
}

/** What a grade means. Lengths in ticks, both ends included. */
export interface GradeRule {
  readonly length: readonly [least: number, most: number]
  readonly actors: readonly [least: number, most: number]
  readonly radius: readonly [least: number, most: number]
  readonly noise: number
  readonly contrast: number
  /** Probability that a distractor shares its colour or its shape with the first actor. */
  readonly sharing: number
}

export const gradeRules: { readonly [grade in Grade]: GradeRule } = {
  easy: { length: [28, 40], actors: [1, 2], radius: [17, 20], noise: 10, contrast: 256, sharing: 0.25 },
  medium: { length: [20, 28], actors: [2, 3], radius: [15, 18], noise: 18, contrast: 224, sharing: 0.5 },
  hard: { length: [8, 16], actors: [4, 5], radius: [14, 16], noise: 30, contrast: 160, sharing: 1 },
}

/** Length of a scene in seconds. */
export const durationOf = (scene: Pick<Scene, 'ticks'>): number => scene.ticks / ticksPerSecond

/** A shape's centre at `tick`, or null while it is not visible (absent, or dark in a blink). */
export const centreAt = (actor: Actor, tick: number): Point | null => {
  const phase = actor.phases.find(({ end }) => tick < end) ?? actor.phases.at(-1)
  if (phase === undefined || phase.kind === 'absent') return null
  const [x, y] = phase.from
  const elapsed = tick - phase.start
  const span = phase.end - phase.start
  switch (phase.kind) {
    case 'blink':
      // Dark in the first half second and in every second one after it, the last included.
      return Math.floor(elapsed / grid) % 2 === 0 ? null : [x, y]
    case 'bounce': {
      const period = span / (phase.cycles ?? 1)
      const part = elapsed / period
      const u = part - Math.floor(part)
      return [x, Math.round(y + (phase.hop ?? 0) * 4 * u * (1 - u))]
    }
    case 'still':
      return [x, y]
    default: {
      const u = elapsed / span
      return [Math.round(x + (phase.to[0] - x) * u), Math.round(y + (phase.to[1] - y) * u)]
    }
  }
}

/** A stretch of ticks, end excluded, in seconds. */
export const secondsOf = ([start, end]: readonly [number, number]): Window => [
  start / ticksPerSecond,
  end / ticksPerSecond,
]
