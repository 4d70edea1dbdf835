import { describe, expect, it } from '@effect/vitest'
import fc from 'fast-check'
import { type CountTruth, checkThoughts } from '../../agents/index.ts'
import type { Window } from '../../core/index.ts'
import { countAnswer, countThoughts, reasonedCount } from '../../tasks/index.ts'

const truth: CountTruth = {
  count: 2,
  duration: 10,
  overlap: 0.5,
  cycles: [
    [1, 3],
    [3, 5],
  ],
}
const check = (text: string, changes: Partial<CountTruth> = {}) =>
  checkThoughts({ text }, { ...truth, ...changes })
const said = (list: string, total: unknown = 2, answer: unknown = 2) =>
  `<think>${list}. Total count: ${total}.</think><answer>${answer}</answer>`
const right = 'rep1: 1.0s-3.0s, rep2: 3.0s-5.0s'

describe('a chain of thought', () => {
  it('is kept where its list, total and answer agree with the truth, and comes in the form of training', () => {
    const kept = { kind: 'kept', text: said(right) }
    expect(check(said(right))).toEqual(kept)
    expect(check(`Well.\n${said(right)}\n`)).toEqual(kept)
    expect(check(said(right).replaceAll('think>', 'thinking>'))).toEqual(kept)
    expect(
      checkThoughts({ text: '<answer>2</answer>', reasoning: `${right}. Total count: 2.` }, truth),
    ).toEqual(kept)
    // Other ways to write an interval and a total.
    for (const list of ['rep 1: 1.0 - 3.0, rep 2: 0:03 to 0:05', 'Rep1: [1.0s–3.0s]\nRep2: 3s --> 5s'])
      expect(check(said(list)).kind).toBe('kept')
    expect(check(`<think>${right}. **Total count:** 2</think><answer> 2 </answer>`).kind).toBe('kept')
  })

  it.each([
    ['form', right],
    ['form', `<think>${right}. Total count: 2.`],
    ['form', `<think></think><answer>2</answer>`],
    ['form', `<think>${right}. Total count: 2.</think>`],
    ['form', `${said(right)}<answer>2</answer>`],
    ['form', `<answer>3</answer>${said(right)}`],
    ['form', said(`<answer>2</answer> ${right}`)],
    ['form', said(`<think> ${right}`)],
    ['whole', said(right, 2, '2.5')],
    ['whole', said(right, 2, 'two')],
    ['whole', said(right, 2, '-2')],
    ['count', said(right, 2, 3)],
    ['total', said(right, 3)],
    ['total', said(right, 2.5)],
    ['total', `<think>${right}</think><answer>2</answer>`],
    ['list', said('rep1: 1.0s-3.0s')],
    ['list', said('rep1: 1.0s-3.0s, rep3: 3.0s-5.0s')],
    ['list', said('rep2: 1.0s-3.0s, rep1: 3.0s-5.0s')],
    ['interval', said('rep1: 1.0s-3.0s, rep2: afterwards')],
    ['interval', said('rep1: 1.0s-3.0s, rep2: 5.0s-3.0s')],
    ['interval', said('rep1: 1.0s-3.0s, rep2: 3.0s-12.0s')],
    ['overlap', said('rep1: 1.0s-3.0s, rep2: 2.0s-5.0s')],
    ['cycles', said('rep1: 5.0s-7.0s, rep2: 7.0s-9.0s')],
  ])('is dropped by the rule %s: %s', (rule, text) => {
    expect(check(text)).toMatchObject({ kind: 'dropped', rule })
  })

  it('need not match cycles where none are annotated', () => {
    expect(check(said('rep1: 5.0s-7.0s, rep2: 7.0s-9.0s'), { cycles: null }).kind).toBe('kept')
  })

  it('is kept if written from the truth, whatever that is', () => {
    const cycles = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 2, max: 40 })), { maxLength: 40 })
      .map((steps) => {
        let at = 0
        return steps.map(([gap, length]): Window => {
          const start = at + gap / 10
          at = start + length / 10
          return [start, at]
        })
      })
    fc.assert(
      fc.property(cycles, (made) => {
        const all = { count: made.length, cycles: made, duration: (made.at(-1)?.[1] ?? 0) + 1, overlap: 0.5 }
        expect(checkThoughts({ text: reasonedCount(made) }, all)).toMatchObject({ kind: 'kept' })
        const off = `<think>${countThoughts(made)}</think>${countAnswer(made.length + 1)}`
        expect(checkThoughts({ text: off }, all)).toMatchObject({ rule: 'count' })
      }),
    )
  })
})
