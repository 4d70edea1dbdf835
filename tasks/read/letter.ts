import type { Reader } from '../readers.ts'
import { blocks, firstBlock, lastBlock } from './blocks.ts'
import { parseTurn } from './frames.ts'

const phrases = [
  'The best answer is',
  'The correct answer is',
  'The answer is',
  'The answer',
  'The best option is',
  'The correct option is',
  // Two phrases in the source that a missing comma joined: it never strips either of them alone.
  'Best answer:Best option:',
]

/**
 * VideoChat-R1's letter: some leading phrases are deleted, then the first capital A to G counts, wherever it stands
 * (`Because E` gives B). Null where there is none.
 */
export const extractLetter = (text: string): string | null => {
  let rest = text.trim()
  for (const phrase of phrases) rest = rest.replaceAll(phrase, '')
  return /[A-G]/.exec(rest)?.[0] ?? null
}

/**
 * VideoMind's letter: the first word in lower case without brackets and full stops; if longer than one character, its
 * first. Null where that is none of the first `options` letters (VideoMind counts it as failed).
 */
export const firstWordLetter = (text: string, options: number): string | null => {
  const word = (text.trim().split(/\s+/)[0] ?? '').toLowerCase().replace(/[().]/g, '')
  const index = word.charCodeAt(0) - 97
  return index >= 0 && index < options ? String.fromCharCode(65 + index) : null
}

/** The strict letter: exactly one `<answer>` block that holds one of the first `options` capitals and nothing else. */
const parseLetter = (text: string, options = 26): string | null => {
  const answers = blocks(text, 'answer')
  const answer = answers.length === 1 ? (answers[0] ?? '').trim() : ''
  return /^[A-Z]$/.test(answer) && answer.charCodeAt(0) - 65 < options ? answer : null
}

/** The answer of grounded QA before its `<glue>` block. */
const withoutGlue = (text: string): string => {
  const glue = text.indexOf('<glue>')
  return glue < 0 ? text : text.slice(0, glue)
}

/** The letter as a strict or published reader takes it, of a question with so many options; null where there is none. */
export const letterBy = (reader: Reader, text: string, options: number): string | null => {
  switch (reader) {
    case 'videomind':
      return firstWordLetter(lastBlock(text, 'answer') ?? text, options)
    case 'videochat-r1': {
      const block = firstBlock(text, 'answer')
      return block === null ? null : extractLetter(block)
    }
    case 'sparse-video-r1': {
      const turn = parseTurn(text)
      return turn.kind === 'answer' && /^\d$/.test(turn.text)
        ? String.fromCharCode(65 + Number(turn.text))
        : null
    }
    default:
      return parseLetter(withoutGlue(text), options)
  }
}
