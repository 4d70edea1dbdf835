import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../../core/index.ts'
import { catalogue } from '../../rewards/catalogue.ts'
import * as parse from '../../tasks/index.ts'
import { windowsAnswer } from '../../tasks/index.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { fuzzText } from './fuzz.ts'

describe('strict windows', () => {
  const read = [
    [
      '<answer>1.0 to 2.0, 5.0 to 6.0</answer>',
      [
        [1, 2],
        [5, 6],
      ],
    ],
    ['<answer>none</answer>', []],
    ['<think>maybe 3 to 4</think>\n<answer> 1 to 2 </answer>\n', [[1, 2]]],
    ['<answer>5 to 5</answer>', [[5, 5]]],
  ] as const
  it.each(read)('reads %j', (text, windows) => expect(parse.parseWindows(text)).toEqual(windows))

  const unread = [
    '',
    '1 to 2',
    '<answer></answer>',
    '<answer>2 to 1</answer>',
    '<answer>-1 to 2</answer>',
    '<answer>1 to 2,</answer>',
    '<answer>1s to 2s</answer>',
    '<answer>1 to 2 to 3</answer>',
    '<answer>1 to 2</answer><answer>3 to 4</answer>',
    '<answer>1 to 2',
    `<answer>0 to ${'9'.repeat(400)}</answer>`,
  ]
  it.each(unread)('refuses %j', (text) => expect(parse.parseWindows(text)).toBeNull())

  it('reads back what prompts ask for', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(900), fc.nat(90))), (list) => {
        const windows = list.map(([start, length]) => [start / 10, (start + length) / 10] as const)
        const sorted = windows.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
        expect(parse.parseWindows(windowsAnswer(windows))).toEqual(sorted)
      }),
    ))
})

describe('pairs of VideoChat-R1 and Time-R1', () => {
  const tagged = (body: string) => `<answer>${body}</answer>`
  const read = [
    [tagged('12.54 to 17.83'), 12.54, 17.83],
    [tagged('between 3 and 9 seconds'), 3, 9],
    ['<answer>1 to 2</answer><answer>5. to 6</answer>', 5, 6],
    [tagged('1 to 2, 3 to 4'), 3, 4],
    [tagged('5 to 5'), 5, 5],
    [tagged('-3 to 5'), 3, 5],
    [tagged('12,5 to 17,8'), 5, 17],
    [tagged('5 TO 6'), 5, 6],
  ] as const
  it.each(read)('reads %j', (text, start, end) => expect(parse.parsePairReward(text)).toEqual([start, end]))

  const bodies = ['12.54s to 17.83s', '12.54-17.83', '12  to 15', '00:12 to 00:17', '1\nto 2', '20 to 10']
  it.each(['12 to 15', ...bodies.map(tagged)])('refuses %j', (text) =>
    expect(parse.parsePairReward(text)).toBeNull(),
  )

  it('keeps reversed pairs for Time-R1', () =>
    expect(parse.parsePairReward(tagged('20 to 10'), { reversed: true })).toEqual([20, 10]))

  it('reads the whole output when evaluating', () => {
    expect(parse.parsePairEval('<think>3 to 4</think><answer>none</answer>')).toEqual([3, 4])
    expect(parse.parsePairEval(tagged('5 TO 6'))).toBeNull()
  })

  it('finds what the published pattern finds', () => {
    const published = /(\d+\.?\d*) (to|and) (\d+\.?\d*)/g
    const words = fc.constantFrom('1', '23', '.', ' to ', ' and ', ' ', '4.5', 'x', ',')
    fc.assert(
      fc.property(fc.array(words, { maxLength: 14 }), (parts) => {
        const text = parts.join('')
        const last = [...text.matchAll(published)].at(-1)
        expect(parse.parsePairEval(text)).toEqual(
          last === undefined ? null : [Number(last[1]), Number(last[3])],
        )
      }),
      { numRuns: 2000 },
    )
  })
})

describe('glue lists', () => {
  const valid = [
    ['[(5.2, 10.4)]', 1],
    ['[(5.2,10.4), (12,14.0)]', 2],
    ['[]', 0],
    ['[(1, 2),]', 1],
    ['[(3,3)]', 1],
    ['[(1,\n2)]', 1],
    ['[(1,2)]\n', 1],
    ['[(00,01.5)]', 1],
  ] as const
  it.each(valid)('reads %j', (text, count) => expect(parse.parseGlueList(text)).toHaveLength(count))

  const invalid = [' [(1,2)]', '[(1,2)] ', '[ (1,2)]', '[(1 , 2)]', '[(1,2) ,(3,4)]', '[[1,2]]', '(1,2)']
  const numbers = ['[(5, 2)]', '[(.5, 2)]', '[(1., 2)]', '[(-1, 2)]', '[(01,2)]', '[(1s,2s)]', '[,]', '']
  it.each([...invalid, ...numbers])('refuses %j', (text) => expect(parse.parseGlueList(text)).toBeNull())
})

describe('format', () => {
  const valid = ['<think>a</think><answer>b</answer>', '<think></think><answer></answer>']
  const doubled = '<think>a</think> <answer>b</answer><answer>c</answer>'
  it.each([...valid, doubled])('accepts %j', (text) => {
    expect(parse.isChain(text, ['think', 'answer'])).toBe(true)
  })
  const invalid = [
    'x<think>a</think><answer>b</answer>',
    '<think>a</think>x<answer>b</answer>',
    '<think>a</think><answer>b</answer>x',
    '<THINK>a</THINK><answer>b</answer>',
    '<think>a</think><answer>b</answer><glue>[]</glue>',
    '<think></think><answer>',
  ]
  it.each(invalid)('refuses %j', (text) => expect(parse.isChain(text, ['think', 'answer'])).toBe(false))

  it('trims for VideoChat-R1, not for Video-R1', () => {
    const target = { windows: [], duration: null }
    expect(catalogue.format_think_answer?.(`\n${valid[0]}\n`, target)).toBe(1)
    expect(catalogue.format_video_r1?.(`${valid[0]}\n`, target)).toBe(0)
    expect(catalogue.count_format?.(`so ${valid[0]}.`, target)).toBe(1)
    const glued = `${valid[0]}<glue>[(1, 2)]</glue>`
    expect(catalogue.format_glue?.(glued, target)).toBe(1)
    expect(catalogue.format_glue?.(glued.replace('2', '0'), target)).toBe(0)
  })

  it('matches exactly where the regular expression does', () => {
    const published = /^<think>.*?<\/think>\s*<answer>.*?<\/answer>$/s
    const anywhere = /<think>.*?<\/think>\s*<answer>.*?<\/answer>/s
    const words = fc.constantFrom('<think>', '</think>', '<answer>', '</answer>', ' ', 'x')
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        const text = parts.join('')
        expect(parse.isChain(text, ['think', 'answer'])).toBe(published.test(text))
        expect(parse.hasChain(text, ['think', 'answer'])).toBe(anywhere.test(text))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('letters', () => {
  const cases = [
    ['(B)', 'B'],
    ['The answer is (C) unwrap it', 'C'],
    ['the answer is c', null],
    ['Best answer: D', 'B'],
    ['Answer: D', 'A'],
    ['Because E', 'B'],
  ] as const
  it.each(cases)('extracts from %j', (text, letter) => expect(parse.extractLetter(text)).toBe(letter))

  it('reads the first word for VideoMind', () => {
    expect(parse.firstWordLetter('(b) dog', 4)).toBe('B')
    expect(parse.firstWordLetter('E.', 4)).toBeNull()
    expect(parse.firstWordLetter('', 4)).toBeNull()
  })
})

describe('counts', () => {
  it.each([
    ['12', 12],
    ['<answer>1,234</answer>', 1234],
    ['Twenty', 20],
    ['none', 0],
    ['I see twelve', null],
    ['2.5 times', 2],
    ['3.5', 4],
    ['-4', -4],
    ['after 12 s, 5 times', 12],
  ] as const)('reads %j for lmms-eval', (text, count) => expect(parse.parseCountLmmsEval(text)).toBe(count))

  const cases = [
    ['12', 12],
    ['12 reps', 12],
    ['5 or 6', 6],
    ['3.5', 5],
    ['-4', 4],
    ['123456', 123456],
    ['twelve', null],
    ['12reps', null],
    ['2000 reps', null],
  ] as const
  it.each(cases)('reads %j for ActRep-R1', (body, count) =>
    expect(parse.parseCountActRep(`<answer>${body}</answer>`)).toBe(count),
  )
  it('needs a tag', () => expect(parse.parseCountActRep('12')).toBeNull())
  it('reads DVD answers', () => {
    expect(parse.parseCountDvd('<answer> 4\n</answer>')).toBe(4)
    for (const body of ['four', '4.', '4 balls'])
      expect(parse.parseCountDvd(`<answer>${body}</answer>`)).toBeNull()
  })
})

describe('rounds of Sparse-Video-R1', () => {
  it('reads requests, answers and errors', () => {
    expect(parse.parseTurn('<think>x</think><answer>+[3,4,10]-[2,5]</answer>')).toEqual({
      kind: 'request',
      add: [3, 4, 10],
      remove: [2, 5],
    })
    expect(parse.parseTurn('<think>x</think><answer>+ [4.5, 6]</answer>')).toMatchObject({ add: [6] })
    expect(parse.parseTurn('<think>x</think><answer>+[4.5]</answer>').kind).toBe('error')
    expect(parse.parseTurn('<answer>2</answer>').kind).toBe('error')
    expect(parse.parseTurn('<think>x\ny</think><answer> 2 </answer>')).toEqual({ kind: 'answer', text: '2' })
  })
})

it('never throws and always gives a finite score', () => {
  const draw = random(7, 'fuzz')
  const target = { windows: [[1, 4] as const], duration: 10, answer: '3' }
  const types = [undefined, 'numerical', 'OCR', 'free-form', 'regression']
  for (let i = 0; i < 10_000; i++) {
    const text = fuzzText(draw)
    parse.parsePairEval(text)
    parse.firstWordLetter(text, 4)
    parse.parseTurn(text)
    const problemType = types[i % types.length]
    for (const [name, reward] of Object.entries(catalogue)) {
      const score = reward(text, problemType === undefined ? target : { ...target, problemType })
      if (!Number.isFinite(score)) throw new Error(`${name} gives ${score} on ${JSON.stringify(text)}`)
    }
  }
})

it('is linear on hostile strings', () => {
  const target = { windows: [[1, 4] as const], duration: 10, answer: '3' }
  const wrap = (body: string) => `<think>${body}</think><answer>${body}</answer><glue>${body}</glue>`
  const pieces = ['<answer>', '<think>', '1', ' ', '1.', '(1,1),', 'rep', '</think>', '+[', ' to ', '1 to ']
  const spent = cpuTime()
  for (const piece of pieces)
    for (const text of [wrap(piece.repeat(20_000)), piece.repeat(20_000)]) {
      for (const reward of Object.values(catalogue)) reward(text, target)
      parse.parsePairEval(text)
      parse.parseTurn(text)
    }
  expect(spent()).toBeLessThan(10_000)
})
