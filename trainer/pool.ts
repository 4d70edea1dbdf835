import type { Json, Window } from '../core/index.ts'
import { type Cut, cutOf } from '../curriculum/index.ts'
import { cycleFrames } from '../tasks/index.ts'
import type { TrainingItem } from './data.ts'

/**
 * Some whole repetitions of an item's clip, cut at its annotated cycles, as an item of its own: its count, its cycles and
 * the frames that it shows of the video. Null where the item has no such cycles.
 */
const cutItem = (item: TrainingItem, key: string, { first, last }: Cut): TrainingItem | null => {
  const { sample } = item
  const cycles = (cycleFrames(sample) ?? []).slice(first - 1, last)
  const start = cycles[0]?.[0]
  const end = cycles.at(-1)?.[1]
  if (start === undefined || end === undefined || cycles.length !== last - first + 1) return null
  const shifted = cycles.map(([from, to]): Window => [from - start, to - start])
  // Thoughts about the whole clip list repetitions that the cut does not show.
  const { cot: _, ...meta } = sample.meta ?? {}
  return {
    ...item,
    key,
    segment: [start, end],
    sample: {
      ...sample,
      duration: null,
      answer: String(cycles.length),
      meta: { ...meta, cycles: shifted as unknown as Json },
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
