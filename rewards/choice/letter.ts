import { blocks, extractLetter, firstBlock, parseTurn } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'

/** 1 where the one `<answer>` block is the true letter or the true text, trimmed; 0 otherwise, also of several blocks. */
export const answer: Reward = (text, target) => {
  const answers = blocks(text, 'answer')
  return answers.length === 1 && target.answer !== undefined && answers[0]!.trim() === target.answer.trim()
    ? 1
    : 0
}

/** VideoChat-R1's answer reward: the letter extracted from the first `<answer>` block against that of the truth. */
export const answerLetter: Reward = (text, target) => {
  const block = firstBlock(text, 'answer')
  if (block === null || target.answer === undefined) return 0
  const given = extractLetter(block)
  return given !== null && given === extractLetter(target.answer) ? 1 : 0
}

/** Sparse-Video-R1's accuracy of the last round: the answer equals the truth, case ignored; a frame request scores 0. */
export const sparseVideoR1: Reward = (text, target) => {
  const turn = parseTurn(text)
  return turn.kind === 'answer' && turn.text.toLowerCase() === target.answer?.trim().toLowerCase() ? 1 : 0
}
