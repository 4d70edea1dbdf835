import { mean, type Window, Windows } from '../../core/index.ts'
import {
  blocks,
  countAnswer,
  listedRepetitions,
  type Reply,
  splitThoughts,
  totalCount,
} from '../../tasks/index.ts'

/** What a chain of thought is checked against. */
export interface CountTruth {
  readonly count: number
  /** Annotated cycles in seconds; null where there are none to compare with. */
  readonly cycles: ReadonlyArray<Window> | null
  /** Seconds of the clip. */
  readonly duration: number
  /** Least mean IoU of the written intervals with the cycles. */
  readonly overlap: number
}

/** The rules that a chain of thought must keep, in the order in which they are checked. */
export const rules = ['form', 'whole', 'count', 'total', 'list', 'interval', 'overlap', 'cycles'] as const
export type Rule = (typeof rules)[number]

export type Checked =
  | { readonly kind: 'kept'; readonly text: string }
  | { readonly kind: 'dropped'; readonly rule: Rule; readonly detail: string }

const dropped = (rule: Rule, detail: string): Checked => ({ kind: 'dropped', rule, detail })

/** Times are written with one decimal, so two that should be equal may differ by this much. */
const rounding = 0.1

/**
 * Whether a reply's own arithmetic, intervals and answer agree with each other and with the truth: thoughts and an answer
 * are there (`form`), the answer is a whole number (`whole`) and the true one (`count`); the total (`total`) and the
 * numbered list (`list`) come to the same; every interval has a length inside the clip (`interval`), none overlaps the
 * next (`overlap`), and they lie where the cycles are annotated (`cycles`). A kept reply comes in the form that training
 * reads: `<think>...</think><answer>N</answer>`.
 */
export const checkThoughts = (
  reply: Pick<Reply, 'text' | 'reasoning'>,
  { count, cycles, duration, overlap }: CountTruth,
): Checked => {
  const { thoughts, answer } = splitThoughts(reply)
  if (thoughts === null) return dropped('form', 'no thoughts')
  if (answer === null) return dropped('form', 'no answer')
  const answers = blocks(reply.text, 'answer').length
  if (answers > 1) return dropped('form', `${answers} answers`)
  if (/<\/?(?:think|thinking|answer)>/.test(thoughts)) return dropped('form', 'tags inside the thoughts')
  if (!/^\d{1,9}$/.test(answer))
    return dropped('whole', `the answer is ${JSON.stringify(answer.slice(0, 40))}`)
  if (Number(answer) !== count) return dropped('count', `the answer is ${answer}, not ${count}`)
  const total = totalCount(thoughts)
  if (total === null) return dropped('total', 'no total')
  if (total !== count) return dropped('total', `the total is ${total}, not ${count}`)
  const listed = listedRepetitions(thoughts)
  if (listed.length !== count) return dropped('list', `${listed.length} repetitions are listed, not ${count}`)
  let before = 0
  const windows: Array<Window> = []
  for (const [index, { number, window }] of listed.entries()) {
    const name = `rep${index + 1}`
    if (number !== index + 1) return dropped('list', `rep${number} stands where ${name} should`)
    if (window === null) return dropped('interval', `${name} has no interval`)
    const [start, end] = window
    if (!(start < end))
      return dropped('interval', `${name} ${start === end ? 'has no length' : 'ends before it starts'}`)
    if (end > duration + rounding) return dropped('interval', `${name} ends after the clip`)
    if (start < before - rounding) return dropped('overlap', `${name} overlaps the one before`)
    before = end
    windows.push(window)
  }
  if (cycles !== null && count > 0) {
    const iou = mean(windows.map((window, index) => Windows.iou(window, cycles[index]!)))
    if (iou < overlap) return dropped('cycles', `mean IoU with the annotated cycles is ${iou.toFixed(2)}`)
  }
  return { kind: 'kept', text: `<think>${thoughts}</think>${countAnswer(count)}` }
}
