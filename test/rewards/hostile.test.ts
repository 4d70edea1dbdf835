import { describe, expect, it } from 'vitest'
import { catalogue } from '../../rewards/index.ts'
import { cpuTime } from '../support/cpu-time.ts'

const many = 60_000
const answer = (text: string) => `<answer>${text}</answer>`

/** Replies that take quadratic time, or too deep a recursion, in a reader that is not careful. */
const replies: { readonly [name: string]: string } = {
  'digits before a letter': answer(`${'1'.repeat(many)}x`),
  'digits with points': answer('1.'.repeat(many)),
  'digits and nothing else': `${'1'.repeat(many)}x`,
  'white space': answer(`${' '.repeat(many)}x`),
  'white space and nothing else': `${' '.repeat(many)}x`,
  commas: answer(','.repeat(many)),
  'open answers': '<answer>'.repeat(many / 4),
  'open thoughts': '<think>'.repeat(many / 4),
  'thoughts in thoughts': `${'<think>'.repeat(5000)}</think>${'<answer>'.repeat(5000)}`,
  'an open list of windows': `<glue>[${'(1, 2), '.repeat(20_000)}`,
  'pairs without end': answer('1 to '.repeat(20_000)),
  'open repetitions': `<think>${'rep1'.repeat(many / 4)}</think><answer>3</answer>`,
  'open intervals': `<think>Intervals: ${'1'.repeat(many)}</think><answer>3</answer>`,
  'an open frame request': `<think></think>${answer(`+[${'1,'.repeat(20_000)}`)}`,
  'the letter y': answer(`${'y'.repeat(many)}ing`),
  words: answer('cats dogs '.repeat(5000)),
}

const problems = ['multiple choice', 'numerical', 'OCR', 'free-form', 'regression']

describe.each(Object.keys(catalogue))('%s', (name) => {
  it('reads hostile replies in a moment', () => {
    for (const [kind, text] of Object.entries(replies))
      for (const problemType of name.startsWith('video_r1') ? problems : problems.slice(0, 1)) {
        const target = {
          windows: [[1, 5]] as const,
          duration: 20,
          answer: 'four cats and a dog',
          problemType,
        }
        const spent = cpuTime()
        expect(catalogue[name]!(text, target), `${kind}, ${problemType}`).toSatisfy(Number.isFinite)
        expect(spent(), `${kind}, ${problemType}`).toBeLessThan(1000)
      }
  })
})

describe('300 000 windows', () => {
  const windows = Array.from({ length: 300_000 }, (_, i) => [2 * i, 2 * i + 1] as const)
  const text = answer(windows.map(([start, end]) => `${start}.0 to ${end}.0`).join(', '))
  it.each(['wasserstein', 'timelens2_wasserstein', 'iou', 'giou', 'iop', 'endpoints'])(
    'are scored by %s',
    (name) => {
      for (const duration of [null, 600_000]) {
        expect(catalogue[name]!(text, { windows, duration })).toSatisfy(Number.isFinite)
        expect(catalogue[name]!(answer('1.0 to 2.0'), { windows, duration })).toSatisfy(Number.isFinite)
      }
    },
  )
})
