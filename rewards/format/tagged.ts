import { lastBlock, parseGlue, parseWindows, readReply } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** Whether the output is, apart from outer white space, one `<answer>` block, after one optional `<think>` block. */
const isTagged = (text: string): boolean => {
  let rest = text.trim()
  if (rest.startsWith('<think>')) {
    const end = rest.indexOf('</think>')
    if (end < 0) return false
    rest = rest.slice(end + '</think>'.length).trimStart()
  }
  return rest.startsWith('<answer>') && rest.indexOf('</answer>') === rest.length - '</answer>'.length
}

/**
 * This project's format reward, 1 or 0: one answer after an optional `<think>` block and nothing else, holding what the
 * task asks for. Grounding: the strict list of windows or `none`; choice: one capital letter; counting: digits;
 * grounded QA: a letter, then a `<glue>` list; any other task: what its strict reader accepts. A target without a task
 * is asked for windows.
 */
export const format: Reward = (text, target) => {
  const grounded = target.task === 'grounded-qa'
  const glue = grounded ? text.lastIndexOf('<glue>') : -1
  if (grounded && (glue < 0 || !text.trimEnd().endsWith('</glue>') || parseGlue(text) === null)) return 0
  const tagged = grounded ? text.slice(0, glue) : text
  if (!isTagged(tagged)) return 0
  const answer = lastBlock(tagged, 'answer')?.trim() ?? ''
  switch (target.task ?? 'grounding') {
    case 'counting':
      return /^\d+$/.test(answer) ? 1 : 0
    case 'choice':
    case 'grounded-qa':
      return /^[A-Z]$/.test(answer) ? 1 : 0
    case 'grounding':
      return parseWindows(tagged) === null ? 0 : 1
    default:
      return readReply({ task: target.task ?? 'grounding' }, tagged, 'strict').kind === 'unreadable' ? 0 : 1
  }
}
