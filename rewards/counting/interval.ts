import { firstBlock, parseCountActRep } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/**
 * How many repetitions a reasoning lists: its `repN:` marks; where there are none, the sum of its `reps A-B:` groups;
 * where there are none either, the time pairs after `Intervals:`.
 */
const listedIntervals = (reasoning: string): number => {
  // Python's word boundary knows letters of all scripts.
  const marks = [...reasoning.matchAll(/(?<![\p{L}\p{N}_])rep\s?\d+\s?:/giu)].length
  if (marks > 0) return marks
  let grouped = 0
  for (const [, first, last] of reasoning.matchAll(
    /(?<![\p{L}\p{N}_])reps\s?(\d{1,9})\s?-\s?(\d{1,9})\s?:/giu,
  ))
    grouped += Math.max(0, Number(last) - Number(first) + 1)
  if (grouped > 0) return grouped
  const legacy = reasoning.search(/Intervals:/i)
  if (legacy < 0) return 0
  return [...reasoning.slice(legacy).matchAll(/(?<![\d.])\d+(?:\.\d+)?s? ?- ?\d/g)].length
}

/**
 * ActRep-R1's optional check that thinking and answer agree: 1 where as many intervals are listed as answered, else
 * half the ratio of the smaller to the larger; nothing listed or answered scores 0.
 */
export const countInterval: Reward = (text) => {
  const answered = parseCountActRep(text)
  const listed = listedIntervals(firstBlock(text, 'think') ?? firstBlock(text, 'thinking') ?? '')
  if (answered === null || listed === 0) return 0
  return listed === answered ? 1 : (0.5 * Math.min(listed, answered)) / Math.max(listed, answered)
}
