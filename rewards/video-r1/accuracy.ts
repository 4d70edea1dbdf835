import { roundHalfEven } from '../../core/index.ts'
import { firstBlock } from '../../tasks/index.ts'
import type { Reward } from '../reward.ts'
import { rouge, wordErrorRate } from './text.ts'

/** The trimmed first `<answer>` block, or the empty string. */
const answerOf = (text: string): string => firstBlock(text, 'answer')?.trim() ?? ''

/** Python's float of a text without its commas; null where it has none or it is not finite. */
const float = (text: string): number | null => {
  const plain = text.replaceAll(',', '').trim()
  // Only one way to match each digit: with `\d+\.?\d*` a long run of digits before a letter takes quadratic time.
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain)) return null
  const value = Number(plain)
  return Number.isFinite(value) ? value : null
}

/** Rounded to two decimals as Python's `round` does: the exact binary value, halves to the even digit. */
const roundHundredths = (value: number): number => {
  if (Number.isInteger(value)) return value
  // Only eighths lie exactly between two hundredths.
  return Number.isInteger(value * 8) ? roundHalfEven(value * 100) / 100 : Number(value.toFixed(2))
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value))

/** Both sides written with or both without `.` or `,`. */
const sameDecimals = (a: string, b: string): boolean => /[.,]/.test(a) === /[.,]/.test(b)

/** Exact equality of answer and truth, case included. */
const multipleChoice = (answer: string, truth: string): number => (answer === truth ? 1 : 0)

/** Equality after rounding to two decimals; `1,000` against `1000` scores 0 (see {@link sameDecimals}). */
export const numerical = (answer: string, truth: string): number => {
  const a = float(answer)
  const b = float(truth)
  if (a === null || b === null || !sameDecimals(answer, truth)) return 0
  return roundHundredths(a) === roundHundredths(b) ? 1 : 0
}

/** 1 - word error rate, clamped to [0, 1]. */
const ocr = (answer: string, truth: string): number => clamp(1 - wordErrorRate(truth, answer))

/** Mean F-measure of ROUGE-1, ROUGE-2 and ROUGE-L. */
const freeForm = (answer: string, truth: string): number => {
  const { one, two, l } = rouge(truth, answer)
  return clamp((one + two + l) / 3)
}

/** 1 - relative error, clamped to [0, 1]; both zero gives 0, as in the source. */
export const regression = (answer: string, truth: string): number => {
  const a = float(answer)
  const b = float(truth)
  if (a === null || b === null) return 0
  return 1 - clamp((Math.abs(a - b) + 1e-9) / (Math.abs(b) + 1e-9))
}

/** Mean relative accuracy: the share of thresholds 0.50, 0.55 .. 0.95 whose complement bounds the relative error. */
const meanRelativeAccuracy = (answer: string, truth: string): number => {
  const a = float(answer)
  const b = float(truth)
  if (a === null || b === null) return 0
  const error = Math.abs(a - b) / (Math.abs(b) + 1e-8)
  let met = 0
  for (let i = 0; i < 10; i++) if (error < 1 - (0.5 + 0.05 * i)) met++
  return met / 10
}

/** Video-R1's accuracy reward, by the target's problem type (`multiple choice` where it has none). */
export const videoR1Accuracy: Reward = (text, target) => {
  if (target.answer === undefined) return 0
  const answer = answerOf(text)
  switch (target.problemType) {
    case 'numerical':
      return numerical(answer, target.answer)
    case 'OCR':
      return ocr(answer, target.answer)
    case 'free-form':
      return freeForm(answer, target.answer)
    case 'regression':
      return regression(answer, target.answer)
    default:
      return multipleChoice(answer, target.answer)
  }
}

/**
 * Video-R1's score of one output when evaluating: the whole output where it has no `<answer>` block; `regression` by
 * mean relative accuracy; OCR and free-form score 0.
 */
export const videoR1Evaluation: Reward = (text, target) => {
  if (target.answer === undefined) return 0
  const answer = (firstBlock(text, 'answer') ?? text).trim()
  switch (target.problemType ?? 'multiple choice') {
    case 'multiple choice':
      return multipleChoice(answer, target.answer)
    case 'numerical':
      return numerical(answer, target.answer)
    case 'regression':
      return meanRelativeAccuracy(answer, target.answer)
    default:
      return 0
  }
}
