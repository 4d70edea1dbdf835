import { type Sample, type Window, Windows } from '../../core/index.ts'
import type { Prediction } from '../prediction.ts'
import { firstBlock, lastBlock } from './blocks.ts'
import { parseCount, parseCountActRep, parseCountDvd } from './count.ts'
import { parseTurn } from './frames.ts'
import { parseGlue } from './glue.ts'
import { extractLetter, firstWordLetter, parseLetter } from './letter.ts'
import { parsePairEval } from './pair.ts'
import { parseWindows } from './windows.ts'

/** Whose reading of a model's raw output is used. `strict` is ours; the others are those of the named evaluators. */
export const readers = [
  'strict',
  'videochat-r1',
  'time-r1',
  'videomind',
  'actrep-r1',
  'dvd',
  'sparse-video-r1',
] as const
export type Reader = (typeof readers)[number]

/** The answer of grounded QA before its `<glue>` block. */
const withoutGlue = (text: string): string => {
  const glue = text.indexOf('<glue>')
  return glue < 0 ? text : text.slice(0, glue)
}

const windowsOf = (sample: Sample, text: string, reader: Reader): ReadonlyArray<Window> | null => {
  if (sample.task === 'grounded-qa') return parseGlue(text)
  if (sample.task !== 'grounding') return null
  if (reader !== 'videochat-r1' && reader !== 'time-r1') return parseWindows(text)
  const pair = parsePairEval(text)
  return pair === null ? null : [pair]
}

const countOf = (text: string, reader: Reader): number | null => {
  if (reader === 'actrep-r1') return parseCountActRep(text)
  return reader === 'dvd' ? parseCountDvd(text) : parseCount(text)
}

const digitLetter = (text: string): string | null =>
  /^\d$/.test(text) ? String.fromCharCode(65 + Number(text)) : null

const letterOf = (sample: Sample, text: string, reader: Reader): string | null => {
  const options = sample.options?.length ?? 26
  switch (reader) {
    case 'videomind':
      return firstWordLetter(lastBlock(text, 'answer') ?? text, options)
    case 'videochat-r1': {
      const block = firstBlock(text, 'answer')
      return block === null ? null : extractLetter(block)
    }
    case 'sparse-video-r1': {
      const turn = parseTurn(text)
      return turn.kind === 'answer' ? digitLetter(turn.text) : null
    }
    default:
      return parseLetter(withoutGlue(text), options)
  }
}

/**
 * What a raw output predicts for a sample. Never throws; what cannot be read is null. Windows that start after their
 * end stay as they are, and score 0.
 */
export const predictionOf = (sample: Sample, text: string, reader: Reader = 'strict'): Prediction => {
  const windows = windowsOf(sample, text, reader)
  if (sample.task === 'grounding') return { id: sample.id, windows, text }
  const answer = sample.task === 'counting' ? countOf(text, reader) : letterOf(sample, text, reader)
  return {
    id: sample.id,
    windows: windows?.every(Windows.isWindow) === false ? null : windows,
    answer: answer === null ? null : String(answer),
    text,
  }
}
