import type { ProcessedPrompt } from './processor/index.ts'

/** The lengths of a packed micro-batch; every row is padded to them. */
export interface Layout {
  readonly rows: number
  /** Prompt tokens of a row; the last one of a prompt stands with the completions. */
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

/** Lengths are rounded up to these, so that shapes repeat and the runtime can reuse its memory plan. */
export const steps = { prompt: 16, completion: 8, targets: 4 } as const

/** A length rounded up to a multiple of `step`. */
export const roundUp = (length: number, step: number): number =>
  Math.max(step, Math.ceil(length / step) * step)

/** Refuses a prompt that cannot be continued: its last token is computed with what follows it, as text. */
export const checkPrompt = ({ inputIds, visual }: ProcessedPrompt, name: string): void => {
  if (inputIds.length === 0) throw new RangeError(`${name} is empty`)
  if (visual.at(-1) === inputIds.length - 1)
    throw new RangeError(`${name} ends inside a video; it must end with text`)
}

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
