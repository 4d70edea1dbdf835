import { type Ending, endings } from '../../agents/index.ts'
import { mean } from '../../core/index.ts'

/** What one whole conversation took: rounds, different frames over all of them, and why it ended. */
export interface Sought {
  readonly rounds: number
  readonly frames: number
  readonly ending: Ending
}

/** What the conversations of a step took: means, and the share of each ending that occurred. */
export const seekFigures = (conversations: ReadonlyArray<Sought>) => ({
  rounds: mean(conversations.map(({ rounds }) => rounds)),
  frames: mean(conversations.map(({ frames }) => frames)),
  endings: Object.fromEntries(
    endings.flatMap((ending) => {
      const share = mean(conversations.map((one) => (one.ending === ending ? 1 : 0)))
      return share === 0 ? [] : [[ending, share] as const]
    }),
  ),
})
