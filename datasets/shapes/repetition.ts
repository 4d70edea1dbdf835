import { type Random, random } from '../../core/index.ts'
import { compose } from './compose.ts'
import { around, between, type Plan, type Span, split } from './plan.ts'
import { type Question, repetitionQuestion } from './question.ts'
import { colours, durations, type Grade, grid, type Scene, shapes, ticksPerSecond } from './scene.ts'

/** The most repetitions that `repetitionScene` can show. */
export const mostRepetitions = 12

/** A clip in which one shape repeats one movement, and the question how often. */
export interface Repetition {
  readonly scene: Scene
  readonly question: Question
}

/** Ticks of `count` repetitions without a break: a blink starts and ends dark. */
const lengthOf = (event: 'bounces' | 'blinks', count: number, period: number): number =>
  event === 'blinks' ? count * period - grid : count * period

/** The bursts of a movement, and the length of their clip in ticks. */
const layout = (draw: Random, event: 'bounces' | 'blinks', count: number) => {
  const longest = Math.max(...durations) * ticksPerSecond
  const periods = event === 'blinks' ? [2 * grid] : [8, 12, 16].filter((period) => count * period <= longest)
  const period = draw.pick(periods)
  const first = draw.int(1, Math.max(1, count - 1))
  const split2 = count > 1 && draw.next() < 0.5 ? [first, count - first] : [count]
  const room = (bursts: ReadonlyArray<number>) =>
    bursts.reduce((sum, burst) => sum + lengthOf(event, burst, period), 0) + between * (bursts.length - 1)
  const bursts = room(split2) <= longest ? split2 : [count]
  const used = room(bursts)
  const ticks = draw.pick(durations.map((seconds) => seconds * ticksPerSecond).filter((all) => all >= used))
  const gaps = split(draw, ticks - used, bursts.length + 1)
  // Time before the first burst that is too short to show anything is added to the end.
  const lead = gaps[0]! >= around ? gaps[0]! : 0
  const spans: Array<Span> = []
  let from = lead
  bursts.forEach((burst, index) => {
    const end = from + lengthOf(event, burst, period)
    spans.push([from, end])
    from = end + between + (gaps[index + 1] ?? 0)
  })
  return { ticks, spans, period }
}

/**
 * A scene in which one shape hops or blinks exactly `count` times, 1 to `mostRepetitions`, in one burst or two, among
 * distractors that may do the same, e.g. `repetitionScene('easy', 7, 'train', 12)`: every seed part counts. At two frames a
 * second each repetition has at least two frames.
 */
export const repetitionScene = (
  grade: Grade,
  count: number,
  ...seed: ReadonlyArray<string | number>
): Repetition => {
  if (!Number.isInteger(count) || count < 1 || count > mostRepetitions)
    throw new RangeError(`repetitionScene: count ${count} is not a whole number from 1 to ${mostRepetitions}`)
  const key = [grade, count, ...seed].join('/')
  const draw = random('shapes repetition', key)
  const event = draw.pick(['bounces', 'blinks'] as const)
  const { ticks, spans, period } = layout(draw, event, count)
  const who = { colour: draw.pick(colours), shape: draw.pick(shapes) }
  const plan: Plan = { ...who, who, event, wording: 0, shown: spans, reserve: [0, 0], period }
  const scene = compose(key, grade, ticks, [{ plan, hidden: false }])
  return { scene, question: repetitionQuestion(scene, who, event) }
}
