import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterText, readFilters, withFilter } from '../../../studio/page/logic/filters.ts'
import { home, type Place, panels, readPlace, views, writePlace } from '../../../studio/page/logic/place.ts'

const text = fc.string({ unit: 'grapheme' })
const name = fc.string({ minLength: 1, unit: 'grapheme' })
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))
const positive = fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => (value === 0 ? 0 : value))
const orNull = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: null })

const filter = fc.oneof(
  fc.record({ op: fc.constant('between' as const), column: text, min: orNull(finite), max: orNull(finite) }),
  fc.record({
    op: fc.constant('in' as const),
    column: text,
    values: fc.array(orNull(fc.oneof(text, finite, fc.boolean()))),
  }),
  fc.record({ op: fc.constant('contains' as const), column: text, text }),
)

const place: fc.Arbitrary<Place> = fc.record({
  view: fc.constantFrom(...views),
  run: orNull(text),
  relation: text,
  filters: fc.array(filter, { maxLength: 4 }),
  where: text,
  sort: fc.array(fc.record({ column: name, descending: fc.boolean() }), { maxLength: 3 }),
  columns: fc.array(name, { maxLength: 5 }),
  histogram: orNull(text),
  sample: orNull(text),
  queue: fc.boolean(),
  panel: fc.constantFrom(...panels),
  time: positive,
  zoom: orNull(fc.tuple(positive, positive).map(([from, length]) => [from, from + length + 1] as const)),
  training: orNull(text),
  step: orNull(fc.nat()),
  runs: fc.array(name, { maxLength: 4 }),
  a: orNull(text),
  b: orNull(text),
  gains: fc.boolean(),
  row: orNull(text),
})

const search = fc
  .dictionary(
    fc.constantFrom('view', 'filters', 'sort', 'columns', 't', 'zoom', 'step', 'queue', 'runs'),
    text,
  )
  .map((query) => new URLSearchParams(query).toString())

describe('the address', () => {
  it('says everything that the page shows', () => {
    fc.assert(
      fc.property(place, (shown) => {
        expect(readPlace(writePlace(shown))).toEqual(shown)
      }),
    )
  })

  it('is read whatever it says, and then written as it was understood', () => {
    fc.assert(
      fc.property(search, (found) => {
        const read = readPlace(found)
        expect(readPlace(writePlace(read))).toEqual(read)
      }),
    )
  })

  it('is short where nothing is special', () => {
    expect(writePlace(home)).toBe('')
    expect(writePlace({ ...home, view: 'sample', sample: 'k1', time: 2.5, zoom: [1, 4] })).toBe(
      'view=sample&sample=k1&t=2.5&zoom=1..4',
    )
  })

  it('takes what is wrong as absent', () => {
    const wrong = 'view=x&t=-1&zoom=4..1&step=1.5&sort=name&filters=%7B&queue=yes'
    expect(readPlace(wrong)).toEqual(home)
    expect(readPlace('t=1e999&zoom=1..2..3&filters=[{"op":"in"},{"op":"drop table"},null]')).toEqual(home)
  })
})

describe('filters', () => {
  it('carry no fields but their own', () => {
    expect(readFilters('[{"op":"contains","column":"query","text":"a","sql":"1=1"}]')).toEqual([
      { op: 'contains', column: 'query', text: 'a' },
    ])
    expect(readFilters('{}')).toBeNull()
  })

  it('are one a column', () => {
    const first = withFilter([], 'band', { op: 'in', column: 'band', values: ['hard'] })
    const both = withFilter(first, 'difficulty', { op: 'between', column: 'difficulty', min: 0.5, max: null })
    expect(both.map(filterText)).toEqual(['band is hard', 'difficulty ≥ 0.5'])
    expect(withFilter(both, 'band', null).map(filterText)).toEqual(['difficulty ≥ 0.5'])
  })
})
