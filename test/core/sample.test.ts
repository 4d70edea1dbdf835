import { describe, expect, it } from '@effect/vitest'
import fc from 'fast-check'
import {
  firstIssue,
  jsonProblem,
  letter,
  queryWords,
  rowOf,
  type Sample,
  sampleColumns,
  sampleFields,
  sampleKey,
  sampleOfRow,
  sampleSchema,
  videoNames,
} from '../../core/index.ts'
import { contradictions, tasks } from '../../tasks/index.ts'

/** Any sample that the schema accepts. */
const anySample: fc.Arbitrary<Sample> = (() => {
  const words = fc
    .string({ minLength: 1, unit: 'grapheme' })
    .filter((text) => text.trim() !== '' && !text.includes('\u0000'))
  const seconds = fc.double({ min: -5, max: 500, noNaN: true })
  return fc
    .record(
      {
        ...{
          id: words,
          dataset: words,
          split: words,
          task: fc.constantFrom(...tasks),
          video: words,
          file: words,
        },
        duration: fc.option(fc.double({ min: 0.01, max: 5000, noNaN: true })),
        query: words,
        windows: fc.option(fc.array(fc.tuple(seconds, seconds))),
        options: fc.array(words, { minLength: 2, maxLength: 5 }),
        answer: words,
        meta: fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<NonNullable<Sample['meta']>[string]>,
        ),
      },
      {
        requiredKeys: ['id', 'dataset', 'split', 'task', 'video', 'file', 'duration', 'query', 'windows'],
      },
    )
    .filter((sample) => sampleSchema.safeParse(sample).success)
})()

const plain = (sample: Sample): unknown => JSON.parse(JSON.stringify(sample))

const sample: Sample = {
  ...{ id: '1', dataset: 'd', split: 's', task: 'grounding', video: 'v', file: 'v.mp4' },
  ...{ duration: null, query: 'q', windows: [[0, 1]] },
}

describe('a sample', () => {
  it('comes back from a line of JSON and from a row of Parquet', () => {
    fc.assert(
      fc.property(anySample, (one) => {
        expect(sampleSchema.parse(plain(one))).toEqual(plain(one))
        const row = rowOf(one)
        expect(Object.keys(row)).toEqual(Object.keys(sampleColumns))
        expect(plain(sampleOfRow(row))).toEqual(plain(one))
      }),
    )
  })

  it('has a key that follows from all but its identifier and meta', () => {
    fc.assert(
      fc.property(anySample, fc.constantFrom(...sampleFields), (one, field) => {
        const changed = {
          ...{ task: tasks.find((task) => task !== one.task), duration: (one.duration ?? 0) + 1 },
          ...{
            windows: [...(one.windows ?? []), [1, 2]],
            options: [...(one.options ?? []), 'more'],
            meta: { x: 1 },
          },
        }
        const other = {
          ...one,
          [field]: field in changed ? changed[field as 'task'] : `${one[field]}!`,
        } as Sample
        if (field === 'id' || field === 'meta') expect(sampleKey(other)).toBe(sampleKey(one))
        else expect(sampleKey(other)).not.toBe(sampleKey(one))
      }),
    )
  })

  it.each([
    [{ query: undefined }, 'query is missing'],
    [{ query: ' \t' }, 'query is empty or only white space'],
    [{ query: 'a\ud800b' }, 'query: contains half of a surrogate pair, which is not a character'],
    [{ file: 'a\u0000b' }, 'file: contains a NUL character'],
    [{ windows: [[0, 1, 2]] }, 'windows[0]: expected at most 2 entries'],
    [{ windows: [[0, '1']] }, 'windows[0][1]: expected a number, found text'],
    [
      { windows: [[0, Number.POSITIVE_INFINITY]] },
      'windows[0][1]: expected a number, found a number that is not finite or too large',
    ],
    [{ duration: 0 }, 'duration: expected more than 0'],
    [{ id: 1.5 }, 'id: expected text or a whole number'],
    [
      { meta: { a: { b: '\udc00' } } },
      'meta.a.b: contains half of a surrogate pair, which is not a character',
    ],
  ])('with %j is refused in plain words', (change, message) => {
    const read = sampleSchema.safeParse({ ...sample, ...change })
    expect(firstIssue(read.error!)).toBe(message)
  })

  it.each([
    [{ task: 'find' }, 'malformed'],
    [{ task: 'choice', options: ['x', 'y'], answer: 'E' }, 'mismatch'],
    [{ task: 'grounded-qa', options: ['x', 'y'], answer: 'stand' }, 'mismatch'],
    [{ task: 'choice', options: ['x'] }, 'missing'],
    [{ task: 'choice', options: ['x', 'x'], answer: 'A' }, 'duplicate-option'],
    [{ task: 'counting', answer: '3.5' }, 'mismatch'],
    [{ task: 'counting', answer: 'three' }, 'mismatch'],
    [{ task: 'counting', answer: '12' }, undefined],
    [{ task: 'grounded-qa', answer: 'D' }, undefined],
    [{ task: 'choice', options: ['x', 'y'], answer: letter(1) }, undefined],
    [{ task: 'grounding', file: 'a/b.JPG' }, 'mismatch'],
    [{ task: 'grounded-qa', options: ['x', 'y'], answer: 'A', file: 'b.webp' }, 'mismatch'],
    [{ task: 'counting', answer: '2', windows: [[0, 1]], file: 'b.png' }, 'mismatch'],
    [{ task: 'counting', answer: '2', windows: null, file: 'b.png' }, undefined],
    [{ task: 'grounding', file: 'b.png.mp4' }, undefined],
  ] as const)('%j contradicts itself or not: %s', (fields, kind) => {
    expect(contradictions(fields)[0]?.kind).toBe(kind)
  })

  it('shares its video with the same name in another folder, suffix, or form of an accent', () => {
    const names = (video: string, file: string) => videoNames({ video, file })
    expect(names('OHOFG', 'OHOFG.mp4')).toEqual(['OHOFG'])
    expect(names('charades/OHOFG.webm', 'a/b/OHOFG.MKV')).toEqual(['OHOFG'])
    expect(names('s17-d69', 's17-d69-cam-002.mp4')).toEqual(['s17-d69', 's17-d69-cam-002'])
    expect(names('bP_660.0_810.0', 'bP_660.0_810.0.mp4')).toEqual(['bP_660.0_810.0'])
    expect(names('caf\u00e9', '/x/cafe\u0301.ts')).toEqual(['caf\u00e9'])
  })

  it('shares an image with the same path only: images are numbered in each folder anew', () => {
    expect(videoNames({ video: 'Math/1', file: './Math/1.png' })).toEqual(['Math/1.png'])
    expect(videoNames({ video: 'Chart/1', file: 'Chart\\1.png' })).toEqual(['Chart/1.png'])
  })
})

it('knows a query again that is written otherwise, and no other one', () => {
  expect(queryWords(' A man opens: the caf\u00e9  door.')).toBe(queryWords('a man opens the cafe\u0301 door'))
  // The vowels of many scripts are marks: "of", in two genders.
  expect(queryWords('\u0915\u0940')).not.toBe(queryWords('\u0915\u093e'))
})

it('JSON of any depth is looked through without recursion', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(200_000)}1${']'.repeat(200_000)}`)
  expect(jsonProblem(deep)?.problem).toMatch(/nested deeper than 100/)
  expect(jsonProblem({ a: [[[1, 2], 'x']], b: null })).toBeNull()
  expect(jsonProblem({ a: ['ok', '\ud83d'] })?.path).toEqual(['a', 1])
})
