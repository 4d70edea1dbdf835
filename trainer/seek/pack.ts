import type { TrainingCompletion } from '../../engine/index.ts'
import type { RolloutTurn } from '../rollouts.ts'

/** Whether `ids` has `part` at `from`. */
const holds = (ids: ArrayLike<number>, part: ArrayLike<number>, from: number): boolean => {
  if (from + part.length > ids.length) return false
  for (let i = 0; i < part.length; i++) if (ids[from + i] !== part[i]) return false
  return true
}

/**
 * A growing conversation as one continuation of its first prompt: the replies count in the loss, and what was said and
 * shown between them is context. The first prompt is then computed once for all conversations about it, and every later
 * one once for its conversation. Null where a prompt does not begin with the one before and the reply as sampled: a text
 * may have several tokenisations, and a template may rewrite earlier replies.
 */
export const packConversation = (
  turns: ReadonlyArray<RolloutTurn>,
): Pick<TrainingCompletion, 'tokens' | 'lossMask' | 'clips'> | null => {
  const first = turns[0]!.prompt
  const last = turns.at(-1)!
  if (turns.length === 1) return { tokens: last.tokens }
  const { inputIds, pixels, grids, visual, positions } = last.prompt
  const whole = turns
    .slice(0, -1)
    .every(
      ({ prompt, tokens }) =>
        holds(inputIds, prompt.inputIds, 0) && holds(inputIds, tokens, prompt.inputIds.length),
    )
  if (!whole) return null
  const from = first.inputIds.length
  const context = inputIds.length - from
  const tokens = [...inputIds.subarray(from), ...last.tokens]
  const lossMask = tokens.map(() => 0)
  for (const turn of turns) {
    const start = turn.prompt.inputIds.length - from
    lossMask.fill(1, start, start + turn.tokens.length)
  }
  const own = new Int32Array(3 * tokens.length)
  const next = positions[inputIds.length - 1]! + 1
  for (let axis = 0; axis < 3; axis++) {
    const line = own.subarray(axis * tokens.length, (axis + 1) * tokens.length)
    line.set(positions.subarray(axis * inputIds.length + from, (axis + 1) * inputIds.length))
    for (let i = context; i < tokens.length; i++) line[i] = next + i - context
  }
  return {
    tokens,
    lossMask,
    clips: {
      pixels: pixels.slice(first.pixels.length),
      grids: grids.slice(first.grids.length),
      visual: visual.subarray(first.visual.length).map((place) => place - from),
      positions: own,
    },
  }
}
