import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { catalogue, type Problem, type ReadSettings } from '../../datasets/index.ts'

/** Real annotation files beside the repository, where there are any; fixtures.test.ts needs none. */
const data = join(import.meta.dirname, '..', '..', '..', 'shared', 'data')

interface Case {
  readonly name: string
  readonly folder: string
  readonly split: string
  readonly form?: string
  readonly samples: number
  readonly videos?: number
  readonly windows?: number
  readonly problems: { readonly [kind: string]: number }
}

/** The counted figures. */
const cases: ReadonlyArray<Case> = [
  {
    name: 'charades',
    folder: 'charades_sta',
    split: 'train',
    samples: 12408,
    videos: 5338,
    problems: { 'beyond-clip': 1789, reversed: 4 },
  },
  {
    name: 'charades',
    folder: 'charades_sta',
    split: 'test',
    samples: 3720,
    videos: 1334,
    problems: { 'beyond-clip': 562 },
  },
  {
    name: 'charades',
    folder: 'charades_sta',
    split: 'train',
    form: 'txt',
    samples: 12408,
    videos: 5338,
    problems: { reversed: 4 },
  },
  {
    name: 'charades',
    folder: 'charades_sta',
    split: 'test',
    form: 'txt',
    samples: 3720,
    videos: 1334,
    problems: {},
  },
  {
    name: 'anet',
    folder: 'activitynet_captions',
    split: 'train',
    samples: 37421,
    videos: 10009,
    problems: { 'beyond-clip': 261, 'empty-window': 2, reversed: 2 },
  },
  {
    name: 'anet',
    folder: 'activitynet_captions',
    split: 'valid',
    samples: 17505,
    videos: 4917,
    problems: { 'beyond-clip': 134 },
  },
  {
    name: 'anet',
    folder: 'activitynet_captions',
    split: 'test',
    samples: 17031,
    videos: 4885,
    problems: { 'beyond-clip': 111 },
  },
  { name: 'qvhighlights', folder: 'qvhighlights', split: 'train', samples: 7218, videos: 7100, problems: {} },
  { name: 'qvhighlights', folder: 'qvhighlights', split: 'valid', samples: 1550, videos: 1519, problems: {} },
  { name: 'qvhighlights', folder: 'qvhighlights', split: 'test', samples: 1542, videos: 1529, problems: {} },
  {
    name: 'qvhighlights',
    folder: 'qvhighlights',
    split: 'test',
    form: 'release',
    samples: 1542,
    videos: 1529,
    windows: 0,
    problems: {},
  },
  { name: 'didemo', folder: 'didemo', split: 'valid', samples: 4180, videos: 1094, problems: {} },
  { name: 'didemo', folder: 'didemo', split: 'test', samples: 4021, videos: 1037, problems: {} },
  {
    name: 'tacos',
    folder: 'tacos',
    split: 'train',
    samples: 9790,
    videos: 75,
    problems: { 'beyond-clip': 43 },
  },
  { name: 'tacos', folder: 'tacos', split: 'valid', samples: 4436, videos: 27, problems: {} },
  {
    name: 'tacos',
    folder: 'tacos',
    split: 'test',
    samples: 4001,
    videos: 25,
    problems: { 'beyond-clip': 5 },
  },
  {
    name: 'hirest_grounding',
    folder: 'hirest',
    split: 'train',
    samples: 865,
    problems: { 'empty-window': 1 },
  },
  { name: 'hirest_grounding', folder: 'hirest', split: 'valid', samples: 193, problems: {} },
  { name: 'hirest_grounding', folder: 'hirest', split: 'test', samples: 776, problems: {} },
  { name: 'hirest_step', folder: 'hirest', split: 'train', samples: 4145, problems: { 'empty-window': 15 } },
  { name: 'hirest_step', folder: 'hirest', split: 'valid', samples: 606, problems: { 'empty-window': 3 } },
  { name: 'hirest_step', folder: 'hirest', split: 'test', samples: 0, problems: {} },
  {
    name: 'rextime',
    folder: 'rextime',
    split: 'valid',
    samples: 921,
    windows: 921,
    problems: { 'beyond-clip': 4, 'empty-window': 2 },
  },
  {
    name: 'nextgqa',
    folder: 'nextgqa',
    split: 'valid',
    samples: 3358,
    videos: 567,
    windows: 3931,
    problems: { 'beyond-clip': 3, 'duplicate-option': 1 },
  },
  {
    name: 'nextgqa',
    folder: 'nextgqa',
    split: 'test',
    samples: 5553,
    videos: 990,
    windows: 6600,
    problems: { 'duplicate-option': 3, negative: 36 },
  },
  {
    name: 'nextqa',
    folder: 'nextqa',
    split: 'valid',
    samples: 4996,
    videos: 570,
    problems: { 'duplicate-option': 3 },
  },
  {
    name: 'nextqa',
    folder: 'nextqa',
    split: 'test',
    samples: 8564,
    videos: 1000,
    problems: { 'duplicate-option': 8 },
  },
  { name: 'repcount', folder: 'repcount', split: 'train', samples: 646, problems: {} },
  { name: 'repcount', folder: 'repcount', split: 'valid', samples: 128, problems: {} },
  {
    name: 'repcount',
    folder: 'repcount',
    split: 'test',
    samples: 250,
    problems: { mismatch: 1, reversed: 3 },
  },
  { name: 'timer1', folder: 'timer1', split: 'train', samples: 2500, problems: { 'beyond-clip': 48 } },
  {
    name: 'timer1',
    folder: 'timer1',
    split: 'test',
    samples: 800,
    problems: { 'beyond-clip': 27, 'empty-window': 11 },
  },
]
const there = cases.filter(({ folder }) => existsSync(join(data, folder)))

const read = (name: string, folder: string, split: string, settings: Partial<ReadSettings> = {}) =>
  Effect.runPromise(catalogue[name]!.read(join(data, folder), split, { policy: 'keep', ...settings }))

const kinds = (problems: ReadonlyArray<Problem>): { [kind: string]: number } => {
  const counts: { [kind: string]: number } = {}
  for (const { kind } of problems) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

describe('published annotation files', () => {
  it('have the sizes the catalogue states', () => {
    for (const { name, split, samples } of cases)
      if (catalogue[name]!.sizes[split] !== undefined)
        expect(`${name} ${split} ${catalogue[name]!.sizes[split]!.samples}`).toBe(
          `${name} ${split} ${samples}`,
        )
  })

  for (const one of there)
    it(`${one.name} ${one.split}${one.form === undefined ? '' : ` (${one.form})`}`, async () => {
      const { samples, problems } = await read(
        one.name,
        one.folder,
        one.split,
        one.form === undefined ? {} : { form: one.form },
      )
      expect(samples.length).toBe(one.samples)
      expect(kinds(problems)).toEqual(one.problems)
      expect(new Set(samples.map(({ id }) => id)).size).toBe(one.samples)
      if (one.videos !== undefined) expect(new Set(samples.map(({ video }) => video)).size).toBe(one.videos)
      if (one.windows !== undefined)
        expect(samples.reduce((sum, { windows }) => sum + (windows?.length ?? 0), 0)).toBe(one.windows)
    })
})

/** Registers the tests only where their files are. */
const given = (folder: string, tests: () => void) => {
  if (existsSync(join(data, folder))) tests()
}

describe('details of published files', () => {
  it('are looked for beside the repository', () => {
    expect(there.length === 0 || there.length === cases.length).toBe(true)
  })

  given('charades_sta', () => {
    it('both Charades forms give the same ids, queries and windows', async () => {
      for (const split of ['train', 'test']) {
        const json = await read('charades', 'charades_sta', split)
        const txt = await read('charades', 'charades_sta', split, { form: 'txt' })
        const plain = ({ samples }: typeof json) =>
          new Map(samples.map(({ id, query, windows }) => [id, JSON.stringify([query, windows])]))
        expect(plain(txt)).toEqual(plain(json))
      }
    })

    it('clipping Charades leaves the pairs that 2D-TAN keeps', async () => {
      const { samples } = await read('charades', 'charades_sta', 'train', { policy: 'clip' })
      expect(samples.length).toBe(12404)
      for (const { windows, duration } of samples)
        for (const [start, end] of windows!) expect(start < end && end <= duration!).toBe(true)
      const skipped = await read('charades', 'charades_sta', 'train', { policy: 'skip' })
      expect(skipped.samples.length).toBeLessThan(12404 - 1700)
      await expect(read('charades', 'charades_sta', 'train', { policy: 'fail' })).rejects.toThrow(
        /train\.json:\d+: window .* ends after the clip/,
      )
    })
  })

  given('nextgqa', () => {
    it('both NExT-GQA forms are equal, but for one answer among equal options', async () => {
      for (const split of ['valid', 'test']) {
        const csv = await read('nextgqa', 'nextgqa', split)
        const json = await read('nextgqa', 'nextgqa', split, { form: 'nextgqa' })
        // Where two options say the same, the forms may name either as the answer (one question of the test split).
        const twice = new Set(
          csv.samples.filter(({ options }) => new Set(options).size < 5).map(({ id }) => id),
        )
        const byId = (reading: typeof csv) =>
          reading.samples
            .map((sample) => (twice.has(sample.id) ? { ...sample, answer: '' } : sample))
            .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        expect(byId(json)).toEqual(byId(csv))
      }
    })
  })

  given('didemo', () => {
    it('DiDeMo windows are rounded half to even', async () => {
      for (const [split, count] of [
        ['valid', 500],
        ['test', 485],
      ] as const) {
        const { samples } = await read('didemo', 'didemo', split)
        const halfUp = samples.filter(({ windows, meta }) => {
          const times = meta!.times as ReadonlyArray<readonly [number, number]>
          const mean = (end: 0 | 1) => times.reduce((sum, time) => sum + time[end], 0) / times.length
          const [start, end] = windows![0]!
          return start !== Math.floor(5 * mean(0) + 0.5) || end !== Math.floor(5 * (mean(1) + 1) + 0.5)
        })
        expect(halfUp.length).toBe(count)
      }
    })
  })

  given('rextime', () => {
    it('ReXTime has its answers spread over the letters as counted', async () => {
      const { samples } = await read('rextime', 'rextime', 'valid')
      const count = (letter: string) => samples.filter(({ answer }) => answer === letter).length
      expect(['A', 'B', 'C', 'D'].map(count)).toEqual([248, 224, 222, 227])
      expect(samples.filter(({ meta }) => meta?.source === 'anet').length).toBe(741)
    })
  })

  given('nextqa', () => {
    it('NExT-QA has its question types as counted', async () => {
      const { samples } = await read('nextqa', 'nextqa', 'valid')
      const counts: { [type: string]: number } = {}
      for (const { meta } of samples) counts[String(meta?.type)] = (counts[String(meta?.type)] ?? 0) + 1
      expect(counts).toEqual({ CW: 1924, TN: 895, CH: 683, TC: 663, DO: 305, DL: 295, DC: 177, TP: 54 })
    })
  })

  given('qvhighlights', () => {
    it('QVHighlights has as many single-window queries as counted', async () => {
      const single = async (split: string) =>
        (await read('qvhighlights', 'qvhighlights', split)).samples.filter(
          ({ windows }) => windows?.length === 1,
        ).length
      expect([await single('train'), await single('valid'), await single('test')]).toEqual([4855, 1020, 1031])
    })
  })
})
