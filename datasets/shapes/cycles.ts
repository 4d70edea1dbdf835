import { type Window, Windows } from '../../core/index.ts'
import type { Span } from './plan.ts'
import { type Event, matchesActor, matchesPhase, type Who } from './query.ts'
import { grid, type Phase, type Scene, secondsOf } from './scene.ts'

/**
 * The cycles of a phase in ticks, in order: each hop of a bounce from the ground to the ground; each blink from when the
 * shape goes dark, half a second, until it has been back for half a second or the clip ends; every other phase is one
 * cycle.
 */
const cyclesOfPhase = ({ kind, start, end, cycles = 1 }: Phase, ticks: number): ReadonlyArray<Span> => {
  if (kind !== 'bounce' && kind !== 'blink') return [[start, end]]
  const period = kind === 'blink' ? 2 * grid : (end - start) / cycles
  return Array.from(
    { length: cycles },
    (_, i): Span => [start + i * period, Math.min(ticks, start + (i + 1) * period)],
  )
}

/**
 * When each repetition of an event starts and ends, in seconds and in order: single hops and blinks, and otherwise the
 * occurrences, of which those that touch are one.
 */
export const cyclesOf = (scene: Scene, who: Who, event: Event): ReadonlyArray<Window> => {
  const phases = scene.actors
    .filter((actor) => matchesActor(who, actor))
    .flatMap((actor) => actor.phases)
    .filter((phase) => matchesPhase(event, phase))
  const cycles = phases.flatMap((phase) => cyclesOfPhase(phase, scene.ticks)).map(secondsOf)
  return event === 'bounces' || event === 'blinks'
    ? cycles.toSorted((a, b) => a[0] - b[0])
    : Windows.merge(cycles)
}
