import type { Window } from '../core/index.ts'
import { countAnswer } from './counting.ts'
import { listedRepetitions, splitThoughts, thoughtTag } from './read/thoughts.ts'
import { formatEnds } from './times.ts'

/** Repetitions as ActRep-R1 lists them: `rep1: 1.0s-2.0s, rep2: 2.0s-3.0s`. */
export const listRepetitions = (cycles: ReadonlyArray<Window>): string =>
  cycles.map((cycle, i) => `rep${i + 1}: ${formatEnds(cycle).join('s-')}s`).join(', ')

/**
 * The shortest chain of thought that reaches a count: every repetition in seconds, then how many they are, e.g.
 * `rep1: 1.0s-2.0s, rep2: 2.0s-3.0s. Total count: 2.`
 */
export const countThoughts = (cycles: ReadonlyArray<Window>): string =>
  `${cycles.length === 0 ? '' : `${listRepetitions(cycles)}. `}Total count: ${cycles.length}.`

/** A whole reply to a counting question that is asked with thoughts: `<think>…</think><answer>2</answer>`. */
export const reasonedCount = (cycles: ReadonlyArray<Window>): string =>
  `<think>${countThoughts(cycles)}</think>${countAnswer(cycles.length)}`

/**
 * The reply about repetitions `first` to `last` (from 1) of a written one about `count`, as seen in a clip that begins
 * with the first of them: their own intervals, shifted. Null unless the written thoughts are the shortest, `countThoughts`:
 * any other text may speak of what the clip does not show.
 */
export const cutReasoning = (
  written: string,
  count: number,
  { first, last }: { readonly first: number; readonly last: number },
): string | null => {
  const { thoughts } = splitThoughts({ text: written })
  const listed = listedRepetitions(thoughts ?? '').flatMap(({ window }) => (window === null ? [] : [window]))
  if (listed.length !== count || thoughts !== countThoughts(listed)) return null
  const shown = listed.slice(first - 1, last)
  const begin = shown[0]?.[0] ?? 0
  const tag = thoughtTag(written)
  const shifted = shown.map(([start, end]): Window => [start - begin, end - begin])
  return `<${tag}>${countThoughts(shifted)}</${tag}>${countAnswer(shown.length)}`
}
