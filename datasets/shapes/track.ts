import type { Random } from '../../core/index.ts'
import { fits, hopPeriods, type Span } from './plan.ts'
import { confusing, type Event, matchesPhase } from './query.ts'
import { type Direction, directions, grid, lattice, type Phase, type PhaseKind, type Point } from './scene.ts'

/** Something a shape does. */
interface Deed {
  readonly kind: PhaseKind
  readonly direction?: Direction
}

/** What a shape does in a span, before it is known where. */
interface Act extends Deed {
  readonly start: number
  readonly end: number
  /** Whether the act is an annotated or hidden occurrence, which may not be changed. */
  readonly fixed: boolean
}

/** The least and most a shape travels in one movement, in lattice points. */
const travel = [34, 64] as const
const hopHeight = 34

const opposite: { readonly [direction in Direction]: Direction } = {
  left: 'right',
  right: 'left',
  up: 'down',
  down: 'up',
}

/** The act that is an occurrence of `event`. */
const actOf = (random: Random, event: Exclude<Event, 'visible'>): Deed => {
  switch (event) {
    case 'still':
      return { kind: 'still' }
    case 'blinks':
      return { kind: 'blink' }
    case 'bounces':
      return { kind: 'bounce' }
    case 'enters':
      return { kind: 'enter', direction: random.pick(directions) }
    case 'leaves':
      return { kind: 'leave', direction: random.pick(directions) }
    default:
      return { kind: 'move', direction: event }
  }
}

/** Acts that may fill time between occurrences: any that is not the event and differs from the previous act. */
const filler = (
  random: Random,
  span: Span,
  allowed: (act: Deed) => boolean,
  before: Act | undefined,
): Act => {
  const length = span[1] - span[0]
  const all: Array<Deed> = [
    { kind: 'absent' },
    { kind: 'still' },
    ...directions.map((direction) => ({ kind: 'move' as const, direction })),
    ...(length >= 12 && fits('bounces', length) ? [{ kind: 'bounce' as const }] : []),
    ...(length >= 12 && fits('blinks', length) ? [{ kind: 'blink' as const }] : []),
  ]
  const choices = all.filter(
    (act) => allowed(act) && (act.kind !== before?.kind || act.direction !== before.direction),
  )
  // Each kind is equally likely, not each direction.
  const kinds = [...new Set(choices.map(({ kind }) => kind))]
  const kind = random.pick(kinds)
  const act = random.pick(choices.filter((choice) => choice.kind === kind))
  return { ...act, start: span[0], end: span[1], fixed: false }
}

/** Cuts a span into one to three pieces of at least a second and a half (or leaves it whole). */
const pieces = (random: Random, [start, end]: Span, least = 12): ReadonlyArray<Span> => {
  if (end - start < 2 * least || random.next() < 0.3) return [[start, end]]
  const cut = start + least + random.int(0, (end - start - 2 * least) / grid) * grid
  return [[start, cut], ...pieces(random, [cut, end], Math.max(least, 16))]
}

/** A stay in the picture: it may begin by sliding in and end by sliding out. */
const stayOf = (random: Random, span: Span, ticks: number): ReadonlyArray<Act> => {
  const acts: Array<Act> = []
  const parts = pieces(random, span)
  parts.forEach((part, index) => {
    const [start, end] = part
    const slides = { start, end, fixed: true, direction: random.pick(directions) }
    const alone = random.next() < 0.3
    if (index === 0 && start > 0 && alone) acts.push({ kind: 'enter', ...slides })
    else if (index === parts.length - 1 && end < ticks && alone) acts.push({ kind: 'leave', ...slides })
    else {
      const stays = ({ kind }: Deed) => kind !== 'absent' && kind !== 'blink'
      acts.push({ ...filler(random, part, stays, acts.at(-1)), fixed: true })
    }
  })
  return acts
}

const actsOf = (random: Random, event: Event, spans: ReadonlyArray<Span>, ticks: number): Array<Act> => {
  const acts: Array<Act> = []
  const unclear = confusing(event)
  const idle = (act: Deed) => !matchesPhase(event, act) && act.kind !== unclear
  const fill = (span: Span) => {
    if (span[1] <= span[0]) return
    if (event === 'visible') {
      acts.push({ kind: 'absent', start: span[0], end: span[1], fixed: false })
      return
    }
    for (const piece of pieces(random, span)) acts.push(filler(random, piece, idle, acts.at(-1)))
  }
  let from = 0
  for (const span of spans) {
    fill([from, span[0]])
    if (event === 'visible') acts.push(...stayOf(random, span, ticks))
    else {
      const before = acts.at(-1)
      if (event === 'enters' && before !== undefined) acts[acts.length - 1] = absent(before)
      acts.push({ ...actOf(random, event), start: span[0], end: span[1], fixed: true })
    }
    from = span[1]
  }
  fill([from, ticks])
  if (event === 'leaves')
    acts.forEach((act, index) => {
      if (acts[index - 1]?.kind === 'leave') acts[index] = absent(act)
    })
  return acts
}

const absent = ({ start, end }: Act): Act => ({ kind: 'absent', start, end, fixed: false })

const horizontal = (direction: Direction) => direction === 'left' || direction === 'right'
const forward = (direction: Direction) => direction === 'right' || direction === 'down'

/** Points a shape at `at` can travel in `direction` before it touches the edge. */
const room = (at: Point, direction: Direction, radius: number): number => {
  const along = horizontal(direction) ? at[0] : at[1]
  return forward(direction) ? lattice - 1 - radius - along : along - radius
}

const step = (at: Point, direction: Direction, distance: number): Point => {
  const signed = forward(direction) ? distance : -distance
  return horizontal(direction) ? [at[0] + signed, at[1]] : [at[0], at[1] + signed]
}

/** A centre fully inside the picture, with `distance` points free in `direction`. */
const place = (random: Random, radius: number, direction?: Direction, distance = 0): Point => {
  const low = radius
  const high = lattice - 1 - radius
  const free = (axis: 'x' | 'y'): number => {
    const along = direction !== undefined && horizontal(direction) === (axis === 'x')
    if (!along) return random.int(low, high)
    return forward(direction) ? random.int(low, high - distance) : random.int(low + distance, high)
  }
  return [free('x'), free('y')]
}

/** The centre when a shape is half in at the edge it comes from, moving in `direction`. */
const atEdge = (cross: Point, direction: Direction): Point => {
  const edge = forward(direction) ? 0 : lattice - 1
  return horizontal(direction) ? [edge, cross[1]] : [cross[0], edge]
}

/** What a track must show. Spans lie on the grid, are sorted, and are at least 12 ticks apart. */
export interface TrackRequest {
  readonly event: Event
  readonly spans: ReadonlyArray<Span>
  readonly ticks: number
  readonly radius: number
  /** Of `bounces`: ticks of one hop in the spans; drawn for each where undefined. */
  readonly period: number | undefined
}

/** All a shape does: the event in the spans and nowhere else, and other acts in between. */
export const trackOf = (
  random: Random,
  { event, spans, ticks, radius, period: wantedPeriod }: TrackRequest,
): ReadonlyArray<Phase> => {
  const acts = actsOf(random, event, spans, ticks)
  const phases: Array<Phase> = []
  let at: Point | null = null
  for (const act of acts) {
    const { start, end } = act
    const put = (kind: PhaseKind, from: Point, to: Point, more: Partial<Phase> = {}) => {
      phases.push({ kind, start, end, from, to, ...more })
      at = kind === 'absent' || kind === 'leave' ? null : to
    }
    const wanted = random.int(travel[0], travel[1])
    switch (act.kind) {
      case 'absent':
        put('absent', [0, 0], [0, 0])
        break
      case 'still':
      case 'blink': {
        const from: Point = at ?? place(random, radius)
        put(act.kind, from, from, act.kind === 'blink' ? { cycles: ((end - start) / grid + 1) / 2 } : {})
        break
      }
      case 'bounce': {
        const from: Point = at ?? place(random, radius, 'up', hopHeight)
        const up = room(from, 'up', radius) >= hopHeight
        const period =
          act.fixed && event === 'bounces' && wantedPeriod !== undefined
            ? wantedPeriod
            : random.pick(hopPeriods(end - start))
        put('bounce', from, from, { cycles: (end - start) / period, hop: up ? -hopHeight : hopHeight })
        break
      }
      case 'enter': {
        const direction = act.direction!
        const from = atEdge(place(random, radius), direction)
        put('enter', from, step(from, direction, radius + wanted - 10), { direction })
        break
      }
      case 'leave': {
        const from: Point = at ?? place(random, radius, act.direction!, travel[0])
        const direction =
          room(from, act.direction!, radius) >= travel[0] ? act.direction! : opposite[act.direction!]
        put('leave', from, atEdge(from, opposite[direction]), { direction })
        break
      }
      case 'move': {
        let direction = act.direction!
        let from: Point = at ?? place(random, radius, direction, travel[0])
        if (room(from, direction, radius) < travel[0]) {
          const turned = { kind: 'move', direction: opposite[direction] } as const
          if (!act.fixed && !matchesPhase(event, turned)) direction = turned.direction
          else if (act.fixed && event === 'visible') direction = turned.direction
          else if (act.fixed) {
            // The shape is at the wrong side: it vanishes before the event and reappears at the right one.
            const last = phases.at(-1)!
            phases[phases.length - 1] = {
              kind: 'absent',
              start: last.start,
              end: last.end,
              from: [0, 0],
              to: [0, 0],
            }
            from = place(random, radius, direction, travel[0])
          } else {
            const stay: PhaseKind = event === 'still' ? 'absent' : 'still'
            put(stay, from, from)
            break
          }
        }
        put('move', from, step(from, direction, Math.min(wanted, room(from, direction, radius))), {
          direction,
        })
        break
      }
    }
  }
  return phases
}
