import { type Window, Windows } from '../../core/index.ts'
import { blocks } from './blocks.ts'

const span = /^(\d+(?:\.\d+)?)\s+to\s+(\d+(?:\.\d+)?)$/

/**
 * The strict reading of a grounding answer: exactly one `<answer>` block holding a comma-separated list of
 * `START to END` in seconds, or `none`. A thinking block before it may say anything except `<answer>`.
 *
 * @returns the windows in the order of the answer, `[]` for `none`, or null where the answer cannot be read
 *   (no or several blocks, other text, units, signs, reversed or infinite windows). Never throws.
 */
export const parseWindows = (text: string): Array<Window> | null => {
  const answers = blocks(text, 'answer')
  const answer = answers[0]
  if (answers.length !== 1 || answer === undefined) return null
  return parseWindowList(answer)
}

/** Reads the inside of a strict answer block: `1.0 to 2.0, 5.0 to 6.0` or `none`; null where it is neither. */
const parseWindowList = (answer: string): Array<Window> | null => {
  const body = answer.trim()
  if (body === 'none') return []
  const windows: Array<Window> = []
  for (const part of body.split(',')) {
    const match = span.exec(part.trim())
    if (match === null) return null
    const window: Window = [Number(match[1]), Number(match[2])]
    if (!Windows.isWindow(window)) return null
    windows.push(window)
  }
  return windows
}
