import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellText, durationText, figure, percent } from '../../../studio/page/logic/figures.ts'
import { pieces } from '../../../studio/page/logic/highlight.ts'
import { faster, slower } from '../../../studio/page/logic/speed.ts'

const kind = fc.constantFrom('thought', 'answer', 'window', 'word')
const spans = fc.array(
  fc.record({ from: fc.integer({ min: -5, max: 60 }), to: fc.integer({ min: -5, max: 60 }), kind }),
)

describe('what was read of a reply', () => {
  it('is marked in the text, and the text stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), spans, (text, marked) => {
        expect(
          pieces(text, marked)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text)
      }),
    )
  })

  it('may be inside an answer', () => {
    const marked = pieces('so <answer>1 to 2</answer>', [
      { from: 3, to: 26, kind: 'answer' },
      { from: 11, to: 17, kind: 'window' },
    ])
    expect(marked).toEqual([
      { text: 'so ', kinds: [] },
      { text: '<answer>', kinds: ['answer'] },
      { text: '1 to 2', kinds: ['answer', 'window'] },
      { text: '</answer>', kinds: ['answer'] },
    ])
  })
})

it('writes cells for people', () => {
  expect([null, true, 3, 0.123456, 12.345, 1234.5, 'text'].map(cellText)).toEqual([
    '',
    'yes',
    '3',
    '0.123',
    '12.3',
    '1235',
    'text',
  ])
  expect(
    cellText([
      [1, 2.5],
      [70, 75],
    ]),
  ).toBe('1.0–2.5, 1:10.0–1:15.0')
  expect(cellText([0.5, 1])).toBe('0.500 1')
  expect(cellText([])).toBe('[]')
  expect(cellText({ a: 1 })).toBe('{"a":1}')
  expect([figure(Number.NaN), figure(0.00001), percent(0.005), percent(0.5)]).toEqual([
    '–',
    '1.0e-5',
    '0.5 %',
    '50 %',
  ])
  expect([12, 250, 3900].map(durationText)).toEqual(['12 s', '4 min', '1 h 5 min'])
})

it('steps through speeds in both directions', () => {
  expect([faster(0), faster(1), faster(8), faster(-1)]).toEqual([1, 1.5, 8, 0.25])
  expect([slower(0), slower(1), slower(0.25), slower(-4)]).toEqual([-1, 0.5, -1, -4])
})
