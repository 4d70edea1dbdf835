import type { ProcessedPrompt } from '../processor/index.ts'
import { countedTokens, type TrainingGroup } from './batch.ts'

/** The lengths of a packed micro-batch; every row is padded to them. */
export interface Layout {
  readonly rows: number
  /** Prompt tokens of a row. */
  readonly prompt: number
  /** Completions of a row. */
  readonly group: number
  /** Tokens of a completion. */
  readonly completion: number
  /** Tokens of a completion whose log-probability is taken. */
  readonly targets: number
  /** Patch rows and columns of a frame; 0 x 0 without video. */
  readonly height: number
  readonly width: number
}

export interface MicroBatch {
  readonly layout: Layout
  /** Which groups of the batch are its rows. */
  readonly groups: ReadonlyArray<number>
}

/** Lengths are rounded up to these, so that shapes repeat and the runtime can reuse its memory plan. */
export const steps = { prompt: 16, completion: 8, targets: 4 } as const

const roundUp = (length: number, step: number): number => Math.max(step, Math.ceil(length / step) * step)

/** Patch rows and columns of a prompt's frames; [0, 0] without video. All its clips must share them. */
export const frameSize = (prompt: ProcessedPrompt): readonly [height: number, width: number] => {
  const [first, ...others] = prompt.grids
  if (first === undefined) return [0, 0]
  const odd = others.find(([, h, w]) => h !== first[1] || w !== first[2])
  if (odd !== undefined)
    throw new RangeError(
      `a prompt's clips must have one frame size, not ${first[1]}x${first[2]} and ${odd[1]}x${odd[2]} patches`,
    )
  return [first[1], first[2]]
}

/** Tokens a micro-batch computes, padding included. */
export const layoutTokens = ({ rows, prompt, group, completion }: Layout): number =>
  rows * (prompt + group * completion)

const layoutOf = (group: TrainingGroup): Layout => {
  const [height, width] = frameSize(group.prompt)
  const longest = (lengths: ReadonlyArray<number>) => lengths.reduce((a, b) => Math.max(a, b), 1)
  return {
    rows: 1,
    prompt: roundUp(group.prompt.inputIds.length, steps.prompt),
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
