import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import * as fc from 'fast-check'
import { alike, InputError, nearest, roundHalfEven, suggestion } from '../../core/index.ts'
import { parseCsv } from '../../datasets/csv.ts'
import { catalogue, cleanQuery, lookup } from '../../datasets/index.ts'
import { jsonLines, readFrom } from './fixture.ts'

describe('bad input', () => {
  it.each([
    [
      'a file cut short',
      { 'train.json': '{"a": {"duration": 3,\n "timestamps": [[0,' },
      /train\.json:2: invalid JSON/,
    ],
    ['a slip inside', { 'train.json': '{"a": 3,\n\n"b": nan}' }, /train\.json:3: invalid JSON/],
    ['an empty file', { 'train.json': '' }, /train\.json:1: the file is empty/],
    ['a list in place of a map', { 'train.json': [] }, /is not a map/],
    ['a damaged gzip file', { 'train.json': 'x', 'val_1.json': 'x' }, /train\.json:1/],
    ['no file', { 'other.json': {} }, /holds no train\.json/],
    ['bytes that are no text', { 'train.json': new Uint8Array([0x7b, 0xff, 0x7d]) }, /not UTF-8/],
  ])('%s is one clear error', async (_, files, message) => {
    const failure = await readFrom(files, 'anet', 'train').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InputError)
    expect(String((failure as InputError).message)).toMatch(message)
    expect(String((failure as InputError).message)).not.toContain('\n')
  })

  it('a missing folder, split and dataset are named', async () => {
    const read = (split: string) => Effect.runPromise(catalogue.anet!.read('/nowhere', split))
    await expect(read('train')).rejects.toThrow(/\/nowhere: cannot be listed/)
    await expect(read('tset')).rejects.toThrow(/did you mean test\?/)
    await expect(Effect.runPromise(lookup('charade'))).rejects.toThrow(/did you mean charades\?/)
    await expect(Effect.runPromise(lookup('toString'))).rejects.toThrow(InputError)
    expect((await Effect.runPromise(lookup('charades'))).name).toBe('charades')
  })

  it('a wrong delimiter and a missing column are reported at the header', async () => {
    await expect(readFrom({ 'train.csv': 'video;query\na;b\n' }, 'csv', 'train')).rejects.toThrow(
      /train\.csv:1: the header has no column video; separate the columns by commas/,
    )
    await expect(readFrom({ 'train.csv': 'videos,query\na,b\n' }, 'csv', 'train')).rejects.toThrow(
      /nearest is videos/,
    )
    // No far-fetched column: none whose name is neither near nor another word for it.
    for (const [dataset, content, remedy] of [
      ['csv', 'zebra,query\na,b\n', /no column video; add it/],
      ['csv', 'video,question\na,b\n', /no column query; .*nearest is question/],
      ['csv', 'video,height\na,b\n', /no column query; add it/],
      ['nextqa', 'video,answer,qid,type,a0,a1,a2,a3\na,b,c,d,e,f,g,h\n', /no column question; add it/],
      ['nextqa', 'questions,answer,qid,type,a0,a1,a2,a3,a4\na,b,c,d,e,f,g,h,i\n', /nearest is questions/],
    ] as const)
      await expect(readFrom({ 'train.csv': content }, dataset, 'train')).rejects.toThrow(remedy)
  })

  it('rows that cannot be read are problems, whatever the policy, and fail under fail', async () => {
    const good = { video: 'a', query: 'b', windows: [[0, 1]], id: 'x' }
    const rows = jsonLines(
      good,
      '{"video":',
      { ...good, id: 'y', windows: [[0, null]] },
      good,
      { ...good, id: 'z', windows: [[-1, 2]] },
      { ...good, id: 'w', duration: -3 },
    )
    for (const policy of ['keep', 'clip', 'skip'] as const) {
      const {
        samples,
        problems,
        rows: count,
      } = await readFrom({ 'train.jsonl': rows }, 'jsonl', 'train', { policy })
      expect(samples.map(({ id }) => id)).toEqual(policy === 'skip' ? ['x'] : ['x', 'z'])
      expect(problems.map(({ line, kind }) => [line, kind])).toEqual([
        [2, 'malformed'],
        [3, 'malformed'],
        [4, 'duplicate-id'],
        [5, 'negative'],
        [6, 'malformed'],
      ])
      expect(count).toBe(6)
    }
    await expect(readFrom({ 'train.jsonl': rows }, 'jsonl', 'train', { policy: 'fail' })).rejects.toThrow(
      /train\.jsonl:2: .*invalid JSON.*policy/,
    )
  })
})

describe('CSV', () => {
  it('gives back what was written, with the line of each record', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'ß', ' ', ',', '"', '\n', ';') })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
        const text = rows.map((row) => row.map(quote).join(',')).join('\n')
        const parsed = parseCsv(text.split('\n'))
        expect(parsed.map(({ cells }) => cells)).toEqual(rows)
        let line = 1
        parsed.forEach((record, index) => {
          expect(record.line).toBe(line)
          line += 1 + rows[index]!.join('').split('\n').length - 1
        })
      }),
    )
  })

  it('passes over blank lines and tells a quote inside a cell', () => {
    const lines = ['a,b', '1,x "y"', '', ',', '3']
    expect(parseCsv(lines).map(({ line, cells, problem }) => [line, ...cells, problem])).toEqual([
      [1, 'a', 'b', undefined],
      [2, expect.stringMatching(/quote inside an unquoted cell/)],
      [4, '', '', undefined],
      [5, '3', undefined],
    ])
  })
})

describe('words', () => {
  it('are cleaned as each source does', () => {
    expect(cleanQuery(' Two men...  gym. ', 'videomind')).toBe('Two men... gym')
    expect(cleanQuery('..a\tb .. ', 'videomind')).toBe('a b')
    expect(cleanQuery(' Person Eats.. ', 'videochat-r1')).toBe('person eats.')
    expect(cleanQuery(' As is. ', 'raw')).toBe(' As is. ')
  })

  it('are matched to the nearest name', () => {
    const names = Object.keys(catalogue)
    for (const name of names) expect(nearest(name, names)).toBe(name)
    expect(nearest('QV-Highlight', names)).toBe('qvhighlights')
    expect(nearest('cosmo', names)).toBe('cosmo_cap')
    expect(nearest('x', [])).toBe(null)
    // A short word is at few edits from many names that it was not meant for.
    for (const word of ['mine', 'data', 'qqq', 'my-clips']) expect(alike(word, names)).toBe(null)
    expect(suggestion('tset', ['train', 'test'])).toBe('did you mean test? All: train, test')
    expect(suggestion('mine', ['train', 'test'])).toBe('use one of train, test')
  })

  it('halves are rounded to the even number', () => {
    expect([0.5, 1.5, 2.5, 3.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 4, 2, 3])
  })
})
