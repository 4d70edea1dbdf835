import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decide,
  elsewhereProbability,
  partialScore,
  pooledYes,
  poolProposals,
  readProposals,
  readYesNo,
  reflectHidden,
  reflectView,
  scanTiles,
  verifyView,
  yesProbability,
} from '../../agents/boundary-reflection/index.ts'
import { type BoundaryReflectionEvidence, boundaryReflection } from '../../agents/index.ts'
import { type Window, Windows } from '../../core/index.ts'
import { shapesSettings } from '../support/settings.ts'
import { sample } from './sample.ts'

const settings = shapesSettings(boundaryReflection)
type Check = BoundaryReflectionEvidence['verify'][number]
const check = (window: Window, yes: number): Check => ({
  window,
  votes: 1,
  question: '',
  times: [],
  logProbs: [Math.log(yes), Math.log(1 - yes)],
  replies: [],
})
const evidence = (
  reply: string,
  none: number | null,
  verify: ReadonlyArray<Check>,
): BoundaryReflectionEvidence => ({
  duration: 20,
  times: [0, 1],
  hidden: [[2, 8]],
  reflect: { question: '', replies: [reply], noneLogProb: none === null ? null : Math.log(none) },
  verify,
})
const verdict = (given: BoundaryReflectionEvidence) => {
  const { outcome, columns } = decide(sample, given, settings)
  return [outcome, columns.verdict, columns.criterion]
}

const window = fc
  .tuple(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0, max: 20, noNaN: true }))
  .map(([a, b]): Window => [Math.min(a, b), Math.max(a, b)])

describe('several looks', () => {
  const look = (yes: number) => ({
    times: [],
    logProbs: [Math.log(yes), Math.log(1 - yes)] as const,
    replies: [],
  })
  const score = (given: BoundaryReflectionEvidence) => Number(decide(sample, given, settings).columns.score)

  it('average log-odds, so that one doubtful look does not decide', () => {
    expect(pooledYes([look(0.7)])).toBeCloseTo(0.7)
    expect(pooledYes([look(0.9), look(0.1)])).toBeCloseTo(0.5)
    expect(pooledYes([look(1), { ...look(0.5), logProbs: null, replies: ['eh'] }])).toBeGreaterThan(0.99)
    expect(pooledYes([{ ...look(0.5), logProbs: null, replies: ['eh'] }])).toBeNull()
    const found = evidence('<answer>9.0 to 12.0</answer>', 0.2, [
      { ...check([9, 12], 0.9), further: [look(0.2), look(0.2)] },
    ])
    expect(verdict(found)[1]).toBe('uncertain')
  })

  it('rank by how much surer the model is than where the query is known to hold', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (yes, own) => {
          const plain = evidence('<answer>9.0 to 12.0</answer>', 0.5, [check([9, 12], yes)])
          const at = (reference: number) => score({ ...plain, reference: [look(reference)] })
          expect(at(own)).toBeGreaterThan(0)
          expect(at(own)).toBeLessThan(1)
          if (own < 0.9) expect(at(own)).toBeGreaterThan(at(own + 0.05))
          // Even odds at the annotation and in the reflection leave P(yes) as it is.
          expect(at(0.5)).toBeCloseTo(yes)
        },
      ),
    )
  })
})

describe('what is shown', () => {
  it('hides max(2 s, 10 % of the clip) around the windows', () => {
    expect(reflectHidden([[4, 6]], 12)).toEqual([[2, 8]])
    expect(reflectHidden([[4, 6]], 100)).toEqual([[0, 16]])
  })

  it('shows and hides each moment, borders hidden', () => {
    fc.assert(
      fc.property(
        fc.array(window, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 40 }),
        (windows, half) => {
          const time = half / 2
          const hidden = Windows.covers(reflectHidden(windows, 20), time)
          const shown = Windows.covers(reflectView(windows, 20), time)
          expect(hidden && shown).toBe(false)
        },
      ),
    )
    expect(Windows.covers(reflectView([[4, 6]], 20), 8)).toBe(false)
    expect(Windows.covers(reflectView([[4, 6]], 20), 8.5)).toBe(true)
  })

  it('shows a proposal with its surroundings, and something even of a point', () => {
    expect(verifyView([8, 12], 20)).toEqual([7, 13])
    expect(verifyView([8, 8], 20)).toEqual([6, 10])
    expect(verifyView([0, 1], 20)[0]).toBe(0)
  })
})

describe('reading', () => {
  it('ignores what the model repeats of the hidden time', () => {
    expect(readProposals('<answer>3.0 to 9.0, 15.0 to 17.0</answer>', [[2, 8]], 20, 0.5)).toEqual([
      [8, 9],
      [15, 17],
    ])
    expect(readProposals('<answer>4.0 to 6.0</answer>', [[2, 8]], 20, 0.5)).toEqual([])
    expect(readProposals('<answer>none</answer>', [], 20, 0.5)).toEqual([])
    expect(readProposals('around noon', [], 20, 0.5)).toBeNull()
  })

  it('never proposes hidden time or time outside the clip', () => {
    fc.assert(
      fc.property(
        fc.array(window, { maxLength: 4 }),
        window,
        fc.double({ min: 1, max: 20, noNaN: true }),
        (said, hidden, duration) => {
          const text = `<answer>${said.map(([a, b]) => `${a.toFixed(1)} to ${b.toFixed(1)}`).join(', ') || 'none'}</answer>`
          for (const proposal of readProposals(text, [hidden], duration, 0) ?? []) {
            expect(Windows.overlap(proposal, hidden)).toBeCloseTo(0, 9)
            expect(proposal[1]).toBeLessThanOrEqual(duration)
          }
        },
      ),
    )
  })

  it('pools votes by overlap and keeps what enough replies said', () => {
    const pooled = poolProposals(
      [
        [[1, 3]],
        [
          [1, 4],
          [10, 12],
        ],
        null,
        [[1, 3]],
      ],
      0.5,
    )
    expect(pooled).toHaveLength(1)
    expect(pooled[0]!.votes).toBe(3)
    expect(poolProposals([[[1, 3]], []], 0.5)).toEqual([{ window: [1, 3], votes: 1 }])
  })

  it('reads yes and no at the beginning only', () => {
    expect([
      readYesNo('Yes.'),
      readYesNo(' no, it does not'),
      readYesNo('yesterday'),
      readYesNo('maybe'),
    ]).toEqual([true, false, null, null])
  })
})

describe('deciding', () => {
  it('names the criterion that failed', () => {
    expect(verdict(evidence('<answer>none</answer>', 0.9, []))).toEqual(['kept', 'complete', null])
    expect(verdict(evidence('<answer>10.0 to 12.0</answer>', 0.2, [check([10, 12], 0.8)]))).toEqual([
      'dropped',
      'partial',
      'exhaustive',
    ])
    expect(verdict(evidence('<answer>10.0 to 12.0</answer>', 0.2, [check([10, 12], 0.1)]))).toEqual([
      'kept',
      'complete',
      null,
    ])
    expect(verdict(evidence('<answer>10.0 to 12.0</answer>', 0.2, [check([10, 12], 0.4)]))).toEqual([
      'kept',
      'uncertain',
      'verified',
    ])
    expect(verdict(evidence('what?', 0.2, []))).toEqual(['kept', 'uncertain', 'readable'])
  })

  it('scores continuously between 0 and 1, rising in both probabilities', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(unit, unit, fc.array(unit, { maxLength: 3 }), (low, high, yes) => {
        const [a, b] = [Math.min(low, high), Math.max(low, high)]
        expect(partialScore(a, yes)).toBeGreaterThanOrEqual(0)
        expect(partialScore(b, yes)).toBeLessThanOrEqual(1)
        expect(partialScore(a, yes)).toBeLessThanOrEqual(partialScore(b, yes))
      }),
    )
    expect(partialScore(0.2, [])).not.toBe(partialScore(0.3, []))
    expect(partialScore(0.9, [0.9])).toBeGreaterThan(partialScore(0.9, []))
  })

  it('falls back on votes where there are no log-probabilities', () => {
    const spoken = { ...check([1, 2], 0.5), logProbs: null, replies: ['Yes', 'yes', 'No', 'hm'] }
    expect(yesProbability(spoken)).toBeCloseTo(2 / 3)
    expect(elsewhereProbability(evidence('', null, []), [[], [[1, 2]], null])).toBe(0.5)
    expect(elsewhereProbability(evidence('', null, []), [null])).toBe(0.5)
  })
})

describe('a scan', () => {
  it('cuts all that is visible into tiles of at most the asked length', () => {
    fc.assert(
      fc.property(
        fc.array(window, { maxLength: 4 }),
        fc.double({ min: 0.5, max: 8, noNaN: true }),
        (parts, seconds) => {
          const visible = Windows.merge(parts)
          const tiles = scanTiles(visible, seconds, 0.5)
          for (const tile of tiles) expect(Windows.length(tile)).toBeLessThanOrEqual(seconds + 1e-9)
          const long = visible.filter((part) => Windows.length(part) >= 0.5)
          expect(Windows.coverage(tiles)).toBeCloseTo(Windows.coverage(long), 6)
        },
      ),
    )
    expect(scanTiles([[0, 9]], 0, 0.5)).toEqual([])
  })

  it('is judged by its likeliest tile, and repairs with tiles where no proposal is more exact', () => {
    const tile = (at: Window, yes: number): Check => ({ ...check(at, yes), votes: 0 })
    const found = decide(
      sample,
      evidence('<answer>9.0 to 10.0</answer>', 0.9, [
        check([9, 10], 0.8),
        tile([8, 11], 0.9),
        tile([11, 14], 0.7),
        tile([14, 17], 0.6),
        tile([17, 20], 0.1),
      ]),
      settings,
    )
    expect(found.columns.score).toBeCloseTo(0.9, 6)
    expect(found.columns.verified).toEqual([
      [9, 10],
      [11, 17],
    ])
  })
})

describe('the settings', () => {
  it.each([
    ['scanSeconds', 1e-9, 'expected 0 or at least 0.1'],
    ['reject', 0.6, 'above "accept"'],
  ])('refuse %s=%d', (name, value, problem) => {
    const refused = boundaryReflection.settings.safeParse({ ...settings, [name]: value })
    expect(refused.error?.issues[0]).toMatchObject({
      path: [name],
      message: expect.stringContaining(problem),
    })
  })
})
