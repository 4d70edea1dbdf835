import { frameSize, type Layout, layoutTokens, roundUp, steps } from '../layout.ts'
import { countedTokens, type TrainingGroup } from './batch.ts'

export interface MicroBatch {
  readonly layout: Layout
  /** Which groups of the batch are its rows. */
  readonly groups: ReadonlyArray<number>
}

const layoutOf = (group: TrainingGroup): Layout => {
  const [height, width] = frameSize(group.prompt)
  const longest = (lengths: ReadonlyArray<number>) => lengths.reduce((a, b) => Math.max(a, b), 1)
  return {
    rows: 1,
    prompt: roundUp(group.prompt.inputIds.length - 1, steps.prompt),
    group: group.completions.length,
    completion: roundUp(longest(group.completions.map(({ tokens }) => tokens.length)), steps.completion),
    targets: roundUp(longest(group.completions.map((one) => countedTokens(one).length)), steps.targets),
    height,
    width,
  }
}

const joined = (a: Layout, b: Layout): Layout => ({
  rows: a.rows + b.rows,
  prompt: Math.max(a.prompt, b.prompt),
  group: Math.max(a.group, b.group),
  completion: Math.max(a.completion, b.completion),
  targets: Math.max(a.targets, b.targets),
  height: a.height,
  width: a.width,
})

/**
 * Cuts a batch into micro-batches of at most `tokenBudget` computed tokens (a single group may exceed it). Groups of
 * like shape are put together: one frame size each, then by completions, their length, and the prompt's.
 */
export const microBatches = (
  groups: ReadonlyArray<TrainingGroup>,
  tokenBudget: number,
): ReadonlyArray<MicroBatch> => {
  const order = groups
    .map((group, index) => ({ index, layout: layoutOf(group) }))
    .sort(
      ({ layout: a, index: i }, { layout: b, index: j }) =>
        a.height - b.height ||
        a.width - b.width ||
        a.group - b.group ||
        a.completion - b.completion ||
        a.prompt - b.prompt ||
        a.targets - b.targets ||
        i - j,
    )
  const batches: Array<{ layout: Layout; groups: Array<number> }> = []
  for (const { index, layout } of order) {
    const last = batches.at(-1)
    const together = last === undefined ? undefined : joined(last.layout, layout)
    if (
      last !== undefined &&
      together !== undefined &&
      last.layout.height === layout.height &&
      last.layout.width === layout.width &&
      layoutTokens(together) <= tokenBudget
    ) {
      last.layout = together
      last.groups.push(index)
    } else batches.push({ layout, groups: [index] })
  }
  return batches
}
