import { type Random, random } from '../../core/index.ts'
import { distinct, drawPlan, drawTicks, type Plan } from './plan.ts'
import {
  type Actor,
  type Colour,
  centreAt,
  colours,
  type Grade,
  gradeRules,
  type Scene,
  type Shape,
  shapes,
} from './scene.ts'
import { trackOf } from './track.ts'

/** One shape to be drawn: its plan, and whether the event also happens in the reserve. */
export interface Cast {
  readonly plan: Plan
  readonly hidden: boolean
}

/** Half seconds in which two shapes are closer than their radii, so that one covers the other. */
const covered = (one: Actor, other: Actor, ticks: number): number => {
  let count = 0
  for (let tick = 0; tick < ticks; tick += 4) {
    const a = centreAt(one, tick)
    const b = centreAt(other, tick)
    if (a === null || b === null) continue
    const near = Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]))
    if (near < (one.radius + other.radius) * 0.8) count++
  }
  return count
}

/** Tries a few tracks and takes the one that covers the others, or is covered, for the least time. */
const actorOf = (
  draw: Random,
  grade: Grade,
  ticks: number,
  { plan, hidden }: Cast,
  others: ReadonlyArray<Actor>,
): Actor => {
  const [least, most] = gradeRules[grade].radius
  const radius = draw.int(least, most)
  const spans = (hidden ? [...plan.shown, plan.reserve] : plan.shown).toSorted((a, b) => a[0] - b[0])
  let best: Actor | undefined
  let bestCovered = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 8 && bestCovered > 0; attempt++) {
    const actor: Actor = {
      colour: plan.colour,
      shape: plan.shape,
      radius,
      phases: trackOf(draw, { event: plan.event, spans, ticks, radius, period: plan.period }),
    }
    const total = others.reduce((sum, other) => sum + covered(actor, other, ticks), 0)
    if (total < bestCovered) {
      best = actor
      bestCovered = total
    }
  }
  return best!
}

/** A distractor's plan: similar to the first shape if the grade asks for it, and never the subject of a query. */
const distractor = (draw: Random, grade: Grade, ticks: number, casts: ReadonlyArray<Cast>): Plan => {
  const [first] = casts
  const all = colours
    .flatMap((colour) => shapes.map((shape): readonly [Colour, Shape] => [colour, shape]))
    .filter(([colour, shape]) => casts.every(({ plan }) => distinct(plan, colour, shape)))
  const near = all.filter(([colour, shape]) => colour === first?.plan.colour || shape === first?.plan.shape)
  const [colour, shape] = draw.pick(near.length > 0 && draw.next() < gradeRules[grade].sharing ? near : all)
  return { ...drawPlan(draw, { grade, ticks, loose: false }), colour, shape, who: { colour, shape } }
}

/**
 * A scene in which the given shapes follow their plans, among distractors. The first casts come first in
 * `actors`, in order. Everything is fixed by `seed`.
 */
export const compose = (seed: string, grade: Grade, ticks: number, casts: ReadonlyArray<Cast>): Scene => {
  const draw = random('shapes', seed)
  const rule = gradeRules[grade]
  const level = draw.int(38, 70)
  const tint = () => level + draw.int(-12, 12)
  const background = [tint(), tint(), tint()] as const
  const wanted = Math.max(casts.length, draw.int(rule.actors[0], rule.actors[1]))
  const all = [...casts]
  while (all.length < wanted)
    all.push({ plan: distractor(draw, grade, ticks, all), hidden: draw.next() < 0.5 })
  const actors: Array<Actor> = []
  for (const cast of all) actors.push(actorOf(draw, grade, ticks, cast, actors))
  return { seed, grade, ticks, background, noise: rule.noise, contrast: rule.contrast, actors }
}

/**
 * A random scene, e.g. `scene('easy', 7, 'train', 12)`: every seed part counts. `queriesOf` lists its queries and
 * `renderFrame` draws it.
 */
export const scene = (grade: Grade, ...seed: ReadonlyArray<string | number>): Scene => {
  const key = [grade, ...seed].join('/')
  const draw = random('shapes scene', key)
  const ticks = drawTicks(draw)
  return compose(key, grade, ticks, [
    { plan: drawPlan(draw, { grade, ticks, loose: false }), hidden: draw.next() < 0.5 },
  ])
}
