import type { Random } from '../../core/index.ts'
import { type Event, events, matchesActor, type Who, wordings } from './query.ts'
import {
  type Colour,
  colours,
  durations,
  type Grade,
  gradeRules,
  grid,
  type Shape,
  shapes,
  ticksPerSecond,
} from './scene.ts'

/** A stretch of ticks, end excluded. */
export type Span = readonly [start: number, end: number]

/**
 * What is to be annotated about one shape, drawn before anything else. `shown` spans are annotated. `reserve` is a
 * place where one more occurrence fits: a partial annotation has it filled with the event, a complete one with
 * anything else. Since the choice between the two is independent of the plan, no rule that sees only the annotation can
 * distinguish them.
 */
export interface Plan {
  readonly colour: Colour
  readonly shape: Shape
  /** How the query names the shape: by both, or by one of the two (then no other shape may share it). */
  readonly who: Who
  readonly event: Event
  readonly wording: number
  readonly shown: ReadonlyArray<Span>
  readonly reserve: Span
  /** Of `bounces`: ticks of one hop, one of `hopPeriods` of every span; drawn for each span where absent. */
  readonly period?: number
}

/** Room between two occurrences: a second and a half. */
export const between = 12
/** Room before the first and after the last occurrence: none, or at least a second. */
export const around = 8

/** Whether an occurrence of this length can be drawn: whole hops, and a blink that starts and ends dark. */
export const fits = (event: Event, length: number): boolean => {
  if (event === 'bounces') return hopPeriods(length).length > 0
  return event !== 'blinks' || (length / grid) % 2 === 1
}

/** Lengths of one hop, in ticks, that divide `length`; each lands on the half-second grid, so hops can be counted. */
export const hopPeriods = (length: number): ReadonlyArray<number> =>
  [8, 12, 16].filter((period) => length % period === 0)

const lengthsOf = (grade: Grade, event: Event): ReadonlyArray<number> => {
  const [least, most] = gradeRules[grade].length
  const all: Array<number> = []
  for (let length = least; length <= most; length += grid) if (fits(event, length)) all.push(length)
  return all
}

/** Splits `total` (a multiple of the grid) at random into `parts` multiples of the grid. */
export const split = (random: Random, total: number, parts: number): Array<number> => {
  const cuts = Array.from({ length: parts - 1 }, () => random.int(0, total / grid)).toSorted((a, b) => a - b)
  return [...cuts, total / grid].map((cut, index) => (cut - (cuts[index - 1] ?? 0)) * grid)
}

/** Places `count` occurrences in a clip of `ticks`, or null if they do not fit. */
const layout = (
  random: Random,
  grade: Grade,
  event: Event,
  ticks: number,
  count: number,
): ReadonlyArray<Span> | null => {
  const choices = lengthsOf(grade, event)
  const lengths = Array.from({ length: count }, () => random.pick(choices))
  const used = lengths.reduce((sum, length) => sum + length, 0) + between * (count - 1)
  const before = event === 'enters' ? around : 0
  const after = event === 'leaves' ? around : 0
  const slack = ticks - used - before - after
  if (slack < 0) return null
  const gaps = split(random, slack, count + 1)
  // A remainder too short to show anything is added to the first gap inside, or stays with the required room.
  const lead = before > 0 || gaps[0]! >= around ? gaps[0]! : 0
  const tail = after > 0 || gaps[count]! >= around ? gaps[count]! : 0
  const spare = gaps[0]! - lead + (gaps[count]! - tail)
  const spans: Array<Span> = []
  let from = before + lead
  lengths.forEach((length, index) => {
    spans.push([from, from + length])
    from += length + between + (gaps[index + 1] ?? 0) + (index === 0 ? spare : 0)
  })
  return spans
}

/** Length of a new scene in ticks. */
export const drawTicks = (random: Random): number => random.pick(durations) * ticksPerSecond

/** How a plan may be drawn. */
export interface PlanSettings {
  readonly grade: Grade
  readonly ticks: number
  /** Plans of the shapes drawn before in the same scene, from which this one must be distinguishable. */
  readonly taken?: ReadonlyArray<Plan>
  /** Sometimes let the query name the shape by its colour or form alone. */
  readonly loose?: boolean
}

/** Whether another shape of this appearance leaves the plan's query unambiguous. */
export const distinct = ({ who }: Plan, colour: Colour, shape: Shape): boolean =>
  !matchesActor(who, { colour, shape })

/** Draws which shape and event to annotate, where it is shown and where another occurrence could be added. */
export const drawPlan = (random: Random, { grade, ticks, taken = [], loose = true }: PlanSettings): Plan => {
  let colour = random.pick(colours)
  let shape = random.pick(shapes)
  while (!taken.every((plan) => distinct(plan, colour, shape))) {
    colour = random.pick(colours)
    shape = random.pick(shapes)
  }
  const alone = random.next()
  const byColour = loose && alone < 0.15 && !taken.some((plan) => plan.colour === colour)
  const byShape = loose && alone >= 0.15 && alone < 0.3 && !taken.some((plan) => plan.shape === shape)
  const who: Who = byColour ? { colour } : byShape ? { shape } : { colour, shape }
  const event = random.pick(events)
  const wording = random.int(0, wordings - 1)
  const wanted = random.next() < 0.35 ? 3 : 2
  const spans = [wanted, wanted, 2, 2, 2, 2]
    .values()
    .map((count) => layout(random, grade, event, ticks, count))
    .find((found) => found !== null)
  // Two of the shortest occurrences fit the shortest clip in every grade, so this is rarely reached.
  if (spans === undefined || spans === null) return drawPlan(random, { grade, ticks, taken, loose })
  const kept = random.int(0, spans.length - 1)
  return {
    colour,
    shape,
    who,
    event,
    wording,
    shown: spans.filter((_, index) => index !== kept),
    reserve: spans[kept]!,
  }
}
