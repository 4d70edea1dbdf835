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

/** Groups of one layout, as many of them to a micro-batch as the budget allows. */
const alike = (
  groups: ReadonlyArray<TrainingGroup>,
  tokenBudget: number,
): Array<{ layout: Layout; groups: ReadonlyArray<number> }> => {
  const kinds = new Map<string, { layout: Layout; groups: Array<number> }>()
  groups.forEach((group, index) => {
    const layout = layoutOf(group)
    const key = Object.values(layout).join()
    const kind = kinds.get(key)
    if (kind === undefined) kinds.set(key, { layout, groups: [index] })
    else kind.groups.push(index)
  })
  return [...kinds.values()].flatMap(({ layout, groups: members }) => {
    const most = Math.max(1, Math.floor(tokenBudget / layoutTokens(layout)))
    return Array.from({ length: Math.ceil(members.length / most) }, (_, part) => {
      const rows = members.slice(part * most, (part + 1) * most)
      return { layout: { ...layout, rows: rows.length }, groups: rows }
    })
  })
}

/**
 * Cuts a batch into micro-batches of one frame size each and at most `tokenBudget` computed tokens (a single group may
 * exceed it). Starts from groups of one layout and keeps joining the two micro-batches that joined need the least
 * padding, as long as that is less than a sixteenth of the budget, which stands for what a call costs in itself: a GPU is
 * given a large budget because its calls are dear (measured on an H200: 0.1 s or 40 000 tokens).
 */
export const microBatches = (
  groups: ReadonlyArray<TrainingGroup>,
  tokenBudget: number,
): ReadonlyArray<MicroBatch> => {
  const batches = alike(groups, tokenBudget)
  for (;;) {
    let least = tokenBudget / 16
    let pair: readonly [number, number] | undefined
    for (let i = 1; i < batches.length; i++)
      for (let j = 0; j < i; j++) {
        const [a, b] = [batches[i]!.layout, batches[j]!.layout]
        if (a.height !== b.height || a.width !== b.width) continue
        const together = layoutTokens(joined(a, b))
        const padding = together - layoutTokens(a) - layoutTokens(b)
        if (together > tokenBudget || padding >= least) continue
        least = padding
        pair = [i, j]
      }
    if (pair === undefined) return batches
    const [[one], other] = [batches.splice(pair[0], 1), batches[pair[1]]!]
    batches[pair[1]] = {
      layout: joined(one!.layout, other.layout),
      groups: [...other.groups, ...one!.groups],
    }
  }
}
