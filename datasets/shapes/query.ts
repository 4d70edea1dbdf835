import { type Window, Windows } from '../../core/index.ts'
import {
  type Actor,
  type Colour,
  colours,
  type Direction,
  directions,
  durationOf,
  type Phase,
  type PhaseKind,
  type Scene,
  type Shape,
  shapes,
  ticksPerSecond,
} from './scene.ts'

/** What can be asked of a shape. A direction holds while the shape moves that way, sliding in or out included. */
export const events = ['visible', 'still', 'blinks', 'bounces', 'enters', 'leaves', ...directions] as const
export type Event = (typeof events)[number]

/** The subject of a query: `the red circle`, `something red`, `a circle`. At least one of the two is given. */
export interface Who {
  readonly colour?: Colour
  readonly shape?: Shape
}

export interface Query {
  readonly who: Who
  readonly event: Event
  /** Index of the wording, 0 to `wordings - 1`. */
  readonly wording: number
}

/** How many wordings each event has. */
export const wordings = 4

export const matchesActor = (who: Who, actor: Pick<Actor, 'colour' | 'shape'>): boolean =>
  (who.colour === undefined || who.colour === actor.colour) &&
  (who.shape === undefined || who.shape === actor.shape)

const moves = (phase: Pick<Phase, 'kind'>): boolean =>
  phase.kind === 'move' || phase.kind === 'enter' || phase.kind === 'leave'

/** Whether a phase is an occurrence of the event. A blinking shape counts as visible. */
export const matchesPhase = (event: Event, phase: Pick<Phase, 'kind' | 'direction'>): boolean => {
  switch (event) {
    case 'visible':
      return phase.kind !== 'absent'
    case 'still':
      return phase.kind === 'still'
    case 'blinks':
      return phase.kind === 'blink'
    case 'bounces':
      return phase.kind === 'bounce'
    case 'enters':
      return phase.kind === 'enter'
    case 'leaves':
      return phase.kind === 'leave'
    default:
      return moves(phase) && phase.direction === event
  }
}

/**
 * What makes a query unclear, if the same shape also does it: a blinking shape is dark half of the time, blinks in its
 * place, and a bouncing one goes up and down. Such queries are not generated.
 */
export const confusing = (event: Event): PhaseKind | null => {
  switch (event) {
    case 'visible':
    case 'still':
      return 'blink'
    case 'up':
    case 'down':
      return 'bounce'
    default:
      return null
  }
}

/** Exactly when the query holds: sorted, disjoint windows in seconds; `[]` if it never does. */
export const windowsOf = (scene: Scene, query: Pick<Query, 'who' | 'event'>): ReadonlyArray<Window> =>
  Windows.merge(
    scene.actors
      .filter((actor) => matchesActor(query.who, actor))
      .flatMap((actor) => actor.phases)
      .filter((phase) => matchesPhase(query.event, phase))
      .map(({ start, end }): Window => [start / ticksPerSecond, end / ticksPerSecond]),
  )

/** Seconds of `window` during which the query holds. */
export const held = (scene: Scene, query: Pick<Query, 'who' | 'event'>, window: Window): number =>
  Windows.coverage(Windows.clip(windowsOf(scene, query), window))

/** Whether the query holds for at least `least` seconds somewhere inside `window`. */
export const holds = (
  scene: Scene,
  query: Pick<Query, 'who' | 'event'>,
  window: Window,
  least = 0.5,
): boolean => held(scene, query, window) >= least

/** `red circle`, `red shape`, `circle`. */
export const nameOf = (who: Who): string =>
  [who.colour, who.shape ?? 'shape'].filter((word) => word !== undefined).join(' ')

const subject = (who: Who): string =>
  who.colour !== undefined && who.shape !== undefined ? `the ${nameOf(who)}` : `a ${nameOf(who)}`

const along: { readonly [direction in Direction]: readonly [string, string, string] } = {
  left: ['to the left', 'left', 'leftwards'],
  right: ['to the right', 'right', 'rightwards'],
  up: ['upwards', 'up', 'towards the top'],
  down: ['downwards', 'down', 'towards the bottom'],
}

const predicates = (event: Event): readonly [string, string, string, string] => {
  switch (event) {
    case 'visible':
      return ['is visible', 'can be seen', 'is in the picture', 'is on the screen']
    case 'still':
      return ['stands still', 'is still', 'rests in its place', 'does not move']
    case 'blinks':
      return ['blinks', 'is blinking', 'flashes on and off', 'keeps going dark']
    case 'bounces':
      return ['bounces', 'is bouncing', 'is hopping', 'jumps up and down']
    case 'enters':
      return ['slides in', 'enters from the edge', 'slides into the picture', 'comes in over the edge']
    case 'leaves':
      return [
        'slides out',
        'leaves over the edge',
        'slides out of the picture',
        'goes out of sight at the edge',
      ]
    default: {
      const [to, short, long] = along[event]
      return [`moves ${to}`, `is moving ${short}`, `goes ${short}`, `travels ${long}`]
    }
  }
}

/** The query in words, e.g. `the red circle is moving left`. */
export const textOf = ({ who, event, wording }: Query): string =>
  `${subject(who)} ${predicates(event)[(wording % wordings) as 0 | 1 | 2 | 3]}`

/** Whether the query is unambiguous; `still` is used for single shapes only. */
const plain = (scene: Scene, who: Who, event: Event): boolean => {
  const meant = scene.actors.filter((actor) => matchesActor(who, actor))
  const unclear = confusing(event)
  return (
    !meant.some((actor) => actor.phases.some(({ kind }) => kind === unclear)) &&
    (event !== 'still' || meant.length === 1)
  )
}

/** A query with its exact windows. */
export interface Asked extends Query {
  readonly text: string
  readonly windows: ReadonlyArray<Window>
}

/**
 * Every grounding query that can be asked of the scene, in a fixed order, absent things included (`windows` is `[]`):
 * each event of each shape shown; the same of a colour or a form alone where several shapes share it; and `visible` and
 * two events for a few things that the scene does not show. Queries that hold from start to end are left out.
 * `wording` picks the template; pass a random one for each query through `textOf({...query, wording})`.
 */
export const queriesOf = (scene: Scene, wording = 0): ReadonlyArray<Asked> => {
  const shown = scene.actors.map(({ colour, shape }): Who => ({ colour, shape }))
  const shared: Array<Who> = [
    ...colours
      .filter((colour) => shown.filter((who) => who.colour === colour).length > 1)
      .map((colour) => ({ colour })),
    ...shapes
      .filter((shape) => shown.filter((who) => who.shape === shape).length > 1)
      .map((shape) => ({ shape })),
  ]
  const has = (who: Who) => shown.some((one) => one.colour === who.colour && one.shape === who.shape)
  // The nearest things not shown: the first shape's form in another colour, and its colour in another form.
  const first = shown[0] ?? {}
  const colour = colours.find((one) => !has({ ...first, colour: one }))
  const shape = shapes.find((one) => !has({ ...first, shape: one }))
  const absent: Array<Who> = [
    ...(colour === undefined ? [] : [{ ...first, colour }]),
    ...(shape === undefined ? [] : [{ ...first, shape }]),
  ]
  const asked = (who: Who, event: Event): Asked => {
    const query = { who, event, wording }
    return { ...query, text: textOf(query), windows: windowsOf(scene, query) }
  }
  const whole = durationOf(scene)
  return [
    ...[...shown, ...shared].flatMap((who) =>
      events.filter((event) => plain(scene, who, event)).map((event) => asked(who, event)),
    ),
    ...absent.flatMap((who) => (['visible', 'blinks', 'left'] as const).map((event) => asked(who, event))),
  ].filter(({ windows }) => Windows.coverage(windows) < whole)
}
