import type { Random, Window } from '../../../core/index.ts'
import {
  type Asked,
  durationOf,
  type Query,
  type Scene,
  textOf,
  wordings,
} from '../../../datasets/shapes/index.ts'

/** Times of a whole clip's frames, in seconds. */
export const frameTimes = (one: Scene, fps: number): ReadonlyArray<number> =>
  Array.from({ length: Math.floor(durationOf(one) * fps) }, (_, index) => index / fps)

/** The query's text in a random wording. */
export const reworded = (draw: Random, query: Query): string =>
  textOf({ ...query, wording: draw.int(0, wordings - 1) })

/** Up to `count` queries; each is with probability `absent` one whose event does not happen. */
export const drawQueries = (
  draw: Random,
  queries: ReadonlyArray<Asked>,
  count: number,
  absent: number,
): ReadonlyArray<Asked> => {
  const shown = draw.shuffle(queries.filter(({ windows }) => windows.length > 0))
  const never = draw.shuffle(queries.filter(({ windows }) => windows.length === 0))
  return Array.from({ length: count }, () => (draw.next() < absent ? never.pop() : shown.pop())).filter(
    (query) => query !== undefined,
  )
}

/** The shortest and the longest stretch, in seconds. */
const stretchSeconds = [3, 7] as const

/** A few whole seconds of a clip. */
export const drawPart = (one: Scene, draw: Random): Window => {
  const length = draw.int(...stretchSeconds)
  const start = draw.int(0, Math.floor(durationOf(one)) - length)
  return [start, start + length]
}
