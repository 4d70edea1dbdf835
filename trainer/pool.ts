import type { Json, Window } from '../core/index.ts'
import { type Cut, cutOf } from '../curriculum/index.ts'
import { cutReasoning, cycleFrames, taughtReply } from '../tasks/index.ts'
import type { TrainingItem } from './data.ts'

/**
 * Some whole repetitions of an item's clip, cut at its annotated cycles, as an item of its own: its count, its cycles and
 * the frames that it shows of the video. It keeps written thoughts where those about it follow from them. Null where the
 * item has no such cycles.
 */
const cutItem = (item: TrainingItem, key: string, { first, last }: Cut): TrainingItem | null => {
  const { sample } = item
  const all = cycleFrames(sample) ?? []
  const cycles = all.slice(first - 1, last)
  const start = cycles[0]?.[0]
  const end = cycles.at(-1)?.[1]
  if (start === undefined || end === undefined || cycles.length !== last - first + 1) return null
  const shifted = cycles.map(([from, to]): Window => [from - start, to - start])
  const { cot, ...meta } = sample.meta ?? {}
  const thoughts = typeof cot === 'string' ? cutReasoning(cot, all.length, { first, last }) : null
  return {
    ...item,
    key,
    segment: [start, end],
    sample: {
      ...sample,
      duration: null,
      answer: String(cycles.length),
      meta: {
        ...meta,
        cycles: shifted as unknown as Json,
        ...(thoughts === null ? {} : { cot: thoughts }),
      },
    },
  }
}

/** The items of a training by their keys, and the cuts that Random Count Sampling makes of them. */
export const poolOf = (items: ReadonlyArray<TrainingItem>): ((key: string) => TrainingItem | undefined) => {
  const byKey = new Map(items.map((item) => [item.key, item]))
  return (key) => {
    const known = byKey.get(key)
    if (known !== undefined) return known
    const cut = cutOf(key)
    const whole = cut === null ? undefined : byKey.get(cut.id)
    return cut === null || whole === undefined ? undefined : (cutItem(whole, key, cut.cut) ?? undefined)
  }
}

/** How many samples of a step are cuts, and how many of those teach thoughts; none of it where none are. */
export const cutFigures = (items: ReadonlyArray<TrainingItem>, thoughts: boolean) => {
  const cuts = items.filter(({ segment }) => segment !== undefined)
  if (cuts.length === 0) return {}
  const taught = cuts.filter(({ sample }) => thoughts && taughtReply(sample)?.kind === 'reply')
  return { cuts: { samples: cuts.length, thoughts: taught.length } }
}
