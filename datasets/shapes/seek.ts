import { letter, type Random, random, type Window } from '../../core/index.ts'
import { compose } from './compose.ts'
import { drawPlan, type Plan } from './plan.ts'
import { type Who, windowsOf } from './query.ts'
import type { Question } from './question.ts'
import { colours, type Grade, grid, type Scene, shapes, ticksPerSecond } from './scene.ts'

/*
 * Long clips for frame seeking: one shape, the target, is in the picture for a few seconds only, and everything that
 * is asked is about it. A single frame of those seconds shows the answer; no other frame does.
 */

/** Lengths of these clips in seconds. */
const seekDurations = [24, 28, 32] as const

/** Shortest and longest stay of the target by grade, in ticks: 2 to 4 seconds. */
const stays: { readonly [grade in Grade]: readonly [least: number, most: number] } = {
  easy: [24, 32],
  medium: [20, 28],
  hard: [16, 24],
}

/** A question about the target, and when its answer can be seen. */
export interface SeekQuestion {
  readonly question: Question
  readonly evidence: ReadonlyArray<Window>
}

/** A long clip and its one question. */
export interface SeekScene extends SeekQuestion {
  readonly scene: Scene
}

/** Four options in random order, those seen elsewhere in the clip first among the wrong ones. */
const pose = (
  draw: Random,
  text: string,
  right: string,
  elsewhere: ReadonlyArray<string>,
  all: ReadonlyArray<string>,
): Question => {
  const wrong = [...new Set([...elsewhere, ...draw.shuffle(all)])].filter((one) => one !== right).slice(0, 3)
  const options = draw.shuffle([right, ...wrong])
  return { task: 'choice', text, options, answer: letter(options.indexOf(right)) }
}

/**
 * A long clip with its question, fixed by the seed parts: which colour has the target, known by its shape, or which
 * shape, known by its colour. No other shape in the clip shares what it is known by.
 */
export const seekScene = (grade: Grade, ...seed: ReadonlyArray<string | number>): SeekScene => {
  const key = ['seek', grade, ...seed].join('/')
  const draw = random('shapes seek', key)
  const ticks = draw.pick(seekDurations) * ticksPerSecond
  const [least, most] = stays[grade]
  const length = draw.int(least / grid, most / grid) * grid
  const start = draw.int(0, (ticks - length) / grid) * grid
  const byShape = draw.next() < 0.5
  const colour = draw.pick(colours)
  const shape = draw.pick(shapes)
  const who: Who = byShape ? { shape } : { colour }
  const target: Plan = {
    ...{ colour, shape, who, event: 'visible', wording: 0 },
    ...{ shown: [[start, start + length]], reserve: [start, start + length] },
  }
  const plans: Array<Plan> = [target]
  while (plans.length < 3) plans.push(drawPlan(draw, { grade, ticks, taken: plans, loose: false }))
  const scene = compose(
    key,
    grade,
    ticks,
    plans.map((plan) => ({ plan, hidden: false })),
  )
  const others = scene.actors.slice(1)
  const question = byShape
    ? pose(
        draw,
        `Which colour has the ${shape}?`,
        colour,
        others.map((other) => other.colour),
        colours,
      )
    : pose(
        draw,
        `Which shape is ${colour}?`,
        shape,
        others.map((other) => other.shape),
        shapes,
      )
  return { scene, question, evidence: windowsOf(scene, { who, event: 'visible' }) }
}
