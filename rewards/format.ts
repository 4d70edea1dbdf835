import { blocks } from './parse/blocks.ts'
import { parseWindows } from './parse/windows.ts'
import type { Reward } from './reward.ts'

/** Whether the output is, apart from outer white space, one `<answer>` block, after one optional `<think>` block. */
export const isTagged = (text: string): boolean => {
  let rest = text.trim()
  if (rest.startsWith('<think>')) {
    const end = rest.indexOf('</think>')
    if (end < 0) return false
    rest = rest.slice(end + '</think>'.length).trimStart()
  }
  return rest.startsWith('<answer>') && rest.indexOf('</answer>') === rest.length - '</answer>'.length
}

/**
 * Our format reward, 1 or 0: one `<answer>` block after an optional `<think>` block and nothing else, holding what
 * the task asks for: a letter or a count where the target has an answer without windows, else the strict list of
 * windows or `none`.
 */
export const format: Reward = (text, target) => {
  if (!isTagged(text)) return 0
  const answer = blocks(text, 'answer').at(-1)?.trim() ?? ''
  if (target.answer !== undefined && target.windows.length === 0)
    return (/^\d+$/.test(target.answer) ? /^\d+$/ : /^[A-Z]$/).test(answer) ? 1 : 0
  return parseWindows(text) === null ? 0 : 1
}
