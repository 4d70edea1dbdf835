import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readReply, readYesNo, replyOf, spansOf } from '../../tasks/index.ts'

const shown = (text: string, reading: Parameters<typeof spansOf>[1]) =>
  spansOf(text, reading).map(({ from, to, kind }) => `${kind}: ${text.slice(from, to)}`)
const grounding = (text: string) => shown(text, readReply({ task: 'grounding' }, text))

describe('the spans of a reply', () => {
  it.each([
    [
      '<answer>1.5 to 6.0, 8.5 to 12.0</answer>',
      ['answer: 1.5 to 6.0, 8.5 to 12.0', 'window: 1.5 to 6.0', 'window: 8.5 to 12.0'],
    ],
    ['<answer>none</answer>', ['answer: none', 'word: none']],
    [
      '<think>It moves at 3.0 to 4.0.</think><answer>5.0 to 6.0</answer>',
      ['thought: <think>It moves at 3.0 to 4.0.</think>', 'answer: 5.0 to 6.0', 'window: 5.0 to 6.0'],
    ],
    ['The event happens from 00:12 to 00:15.', ['window: 00:12 to 00:15']],
    ['I do not know.', []],
  ])('are the windows that were read: %s', (text, spans) => expect(grounding(text)).toEqual(spans))

  it('are a letter and its windows, and the word of a verification', () => {
    const text = '<answer>B</answer><glue>[(1.0, 2.5)]</glue>'
    expect(shown(text, readReply({ task: 'grounded-qa', options: ['a', 'b'] }, text))).toEqual([
      'answer: B',
      'word: B',
      'answer: [(1.0, 2.5)]',
      'window: 1.0, 2.5',
    ])
    expect(shown('It does. Yes', readYesNo(replyOf('It does. Yes')))).toEqual(['word: Yes'])
    expect(shown('<answer>3</answer>', readReply({ task: 'counting' }, '<answer>3</answer>'))).toEqual([
      'answer: 3',
      'word: 3',
    ])
  })

  it('lie inside any text, whatever it is', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(
              '<answer>',
              '</answer>',
              '<think>',
              '</think>',
              '1.0 to 2.0',
              '<glue>',
              'none',
              'B',
              ', ',
            ),
            fc.string(),
          ),
        ),
        (pieces) => {
          const text = pieces.join('')
          for (const task of ['grounding', 'grounded-qa'])
            for (const { from, to } of spansOf(text, readReply({ task, options: ['a', 'b'] }, text)))
              expect(from >= 0 && from <= to && to <= text.length).toBe(true)
        },
      ),
    ))
})
