import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Layer } from 'effect'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sample, type Window, Windows } from '../../core/index.ts'
import { chooseThresholds, type Judged } from '../../pipelines/calibrate/measure.ts'
import { hideWindows, type ProbeKind } from '../../pipelines/calibrate/probes.ts'
import { agreement, revisionsOf } from '../../pipelines/calibrate/revisions.ts'
import { runCalibrate } from '../../pipelines/calibrate.ts'
import { loadSource } from '../../pipelines/source.ts'
import { Videos } from '../../video/index.ts'
import { flashModel, writeVideos } from '../folds/flashes.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-calibrate-'))
const videos = join(root, 'videos')
const layer = Layer.mergeAll(Videos.layer({ workers: 1 }), flashModel())
const names = ['a', 'b', 'c', 'd', 'e', 'f']

beforeAll(async () => {
  mkdirSync(videos)
  await Effect.runPromise(writeVideos(videos).pipe(Effect.provide(layer)))
  const rows = names.flatMap((name, index) => {
    copyFileSync(join(videos, 'flash.mp4'), join(videos, `two-${name}.mp4`))
    copyFileSync(join(videos, 'one.mp4'), join(videos, `one-${name}.mp4`))
    const shared = { query: 'the screen is white', duration: 12 }
    const two: ReadonlyArray<Window> = [
      [1, 3],
      [8, 10],
    ]
    return [
      { qid: 2 * index, vid: `two-${name}`, ...shared, relevant_windows: two },
      { qid: 2 * index + 1, vid: `one-${name}`, ...shared, relevant_windows: [[1, 3]] },
    ]
  })
  writeFileSync(
    join(root, 'highlight_train_release.jsonl'),
    rows.map((row) => JSON.stringify(row)).join('\n'),
  )
})
afterAll(() => rmSync(root, { recursive: true }))

const read = loadSource({ dataset: 'qvhighlights', split: 'train', annotations: root })

describe('runCalibrate', () => {
  const options = {
    ...{ dataset: 'qvhighlights', videos, pairs: 10, seed: 1, falseAlarms: 0.1, missed: 0.1 },
    ...{ run: join(root, 'run'), settings: { votes: 1 } },
  }

  it('hides windows of QVHighlights annotations, finds them, and writes thresholds for the configuration', async () => {
    const work = Effect.flatMap(read, ({ samples }) => runCalibrate({ ...options, samples }))
    const { separation, calibration, failed } = await Effect.runPromise(work.pipe(Effect.provide(layer)))
    expect(failed).toBe(0)
    expect(separation).toMatchObject({ pairs: 6, auroc: 1, recallAt5: 1, shortWindow: 0.5, againstWhole: 1 })
    // All proposed time is in the hidden sixth of the clip.
    expect(separation.pointing).toBeCloseTo(6, 1)
    expect(calibration!.recall.share).toBe(1)
    expect(calibration!.missed.share).toBe(0)
    expect(calibration!.falseAlarms.share).toBe(0)
    expect(calibration!.recall.n).toBeGreaterThan(0)
    expect(calibration!.recall.n).toBeLessThan(6)
    const { agents } = JSON.parse(readFileSync(join(options.run, 'thresholds.json'), 'utf8'))
    expect(agents.bra).toEqual(calibration!.thresholds)
    expect(agents.bra.reject).toBeLessThanOrEqual(agents.bra.accept)
  })

  it('judges the annotations as they are now, each once, and counts every request', async () => {
    const settings = { votes: 1, paddings: [0.5], reference: true }
    const calibrated = (change: (sample: Sample) => Sample, copies = 1) =>
      Effect.runPromise(
        Effect.flatMap(read, ({ samples }) =>
          runCalibrate({
            ...{ ...options, run: join(root, 'again'), settings },
            samples: Array.from({ length: copies }, (_, copy) =>
              samples.map((sample) => ({ ...change(sample), id: `${sample.id}${copy === 0 ? '' : copy}` })),
            ).flat(),
          }),
        ).pipe(Effect.provide(layer)),
      )
    const before = await calibrated((sample) => sample, 2)
    expect(before.separation).toMatchObject({ pairs: 6, auroc: 1 })
    // One reflect question; one proposal where a window is hidden; one annotated window, or two; each looked at twice.
    expect(before.separation.calls).toBeCloseTo((1 + 2 * 2 + (1 + 2) + (1 + 2 * 2)) / 3)
    // Corrected: the only window of these videos is now where nothing happens, and the flash outside it.
    const after = await calibrated((sample) =>
      sample.windows!.length === 1 ? { ...sample, windows: [[5, 7]] } : sample,
    )
    expect([after.failed, after.separation.auroc]).toEqual([0, expect.any(Number)])
    expect(after.separation.auroc).toBeLessThan(1)
  })

  it('refuses a dataset without such pairs or without videos, and writes nothing', async () => {
    const refuse = async (change: (samples: ReadonlyArray<Sample>) => object) => {
      const work = Effect.flatMap(read, ({ samples }) =>
        runCalibrate({ ...options, samples, run: join(root, 'none'), ...change(samples) }),
      )
      const error = await Effect.runPromise(Effect.flip(work).pipe(Effect.provide(layer)))
      expect(error._tag).toBe('InputError')
      expect(existsSync(join(root, 'none'))).toBe(false)
      return error.message
    }
    const single = (samples: ReadonlyArray<Sample>) => ({
      samples: samples.filter(({ windows }) => windows?.length === 1),
    })
    expect(await refuse(single)).toContain('no sample with several windows')
    expect(await refuse(() => ({ videos: join(root, 'elsewhere') }))).toContain(
      'none of its 12 videos exists',
    )
  })
})

describe('hideWindows', () => {
  it('pairs samples of about the same length, each once, and keeps the longest window', () => {
    const sample = (id: string, windows: ReadonlyArray<Window>): Sample => ({
      ...{ id, dataset: 'x', split: 'train', task: 'grounding', video: id, file: `${id}.mp4` },
      ...{ duration: 60, query: 'q', windows },
    })
    const length = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(
        fc.array(length, { maxLength: 8 }),
        fc.array(fc.tuple(length, length), { maxLength: 8 }),
        (ones, twos) => {
          const samples = [
            ...ones.map((a, i) => sample(`one${i}`, [[0, a]])),
            ...twos.map(([a, b], i) =>
              sample(`two${i}`, [
                [0, a],
                [40, 40 + b],
              ]),
            ),
          ]
          const probes = hideWindows(samples, 5, 3)
          const of = (kind: ProbeKind) => probes.filter((one) => one.kind === kind)
          const hidden = of('hidden')
          expect(hidden.length).toBeLessThanOrEqual(5)
          expect(new Set(of('single').map((one) => one.sample.id)).size).toBe(hidden.length)
          hidden.forEach((one, pair) => {
            const kept = one.sample.windows![0]!
            const other = of('single')[pair]!.sample.windows![0]!
            expect(Windows.length(kept)).toBeGreaterThanOrEqual(Windows.length(one.hidden[0]!))
            const [short, long] = [Windows.length(kept), Windows.length(other)].toSorted((a, b) => a - b)
            expect(long! <= 1.25 * short! || long! - short! <= 0.5).toBe(true)
            expect(of('whole')[pair]!.sample.windows!.length).toBe(2)
          })
        },
      ),
    )
  })
})

describe('chooseThresholds', () => {
  const judged = (kind: ProbeKind, pair: number, yes: number | null): Judged => ({
    ...{ kind, pair, hidden: [], sample: {} as Sample },
    said: { score: 0, proposals: [], yes: yes === null ? [] : [yes], readable: true, duration: 10, calls: 1 },
  })
  const values = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 20,
  })

  it('keeps to the false alarms and misses it was given, on what it was chosen on', () => {
    fc.assert(
      fc.property(values, values, fc.constantFrom(0, 0.1, 0.3), (hidden, single, rate) => {
        const probes = [
          ...hidden.map((yes, pair) => judged('hidden', pair, yes)),
          ...single.map((yes, pair) => judged('single', pair, yes)),
        ]
        const chosen = chooseThresholds(probes, rate, rate)
        const certain = single.filter((yes) => yes === 1).length / single.length
        expect(chosen === null).toBe(certain > rate)
        if (chosen === null) return
        const { accept, reject } = chosen
        expect(reject).toBeLessThanOrEqual(accept)
        const alarms = single.filter((yes) => (yes ?? 0) >= accept).length
        expect(alarms / single.length).toBeLessThanOrEqual(rate)
        // With no value at all to reject at, 0 rejects only what was never proposed.
        const passed = hidden.filter((yes) => (yes ?? 0) <= reject).length
        if (reject > 0) expect(passed / hidden.length).toBeLessThanOrEqual(rate)
      }),
    )
  })
})

describe('the agreement with a revision', () => {
  const sample = (id: string, video: string, query: string, windows: ReadonlyArray<Window>): Sample => ({
    ...{ id, dataset: 'x', split: 'test', task: 'grounding', video, file: `${video}.mp4` },
    ...{ duration: 60, query, windows },
  })

  it('labels dropped queries and moved windows, and leaves out videos that were not revised', () => {
    const before = [
      sample('kept', 'v', 'A person opens the door.', [[0, 10]]),
      sample('loosened', 'v', 'someone sits', [[20, 30]]),
      sample('moved', 'v', 'someone stands', [[20, 30]]),
      sample('gone', 'v', 'someone sings', [[40, 50]]),
      sample('elsewhere', 'w', 'someone sits', [[0, 5]]),
    ]
    const after = [
      sample('1', 'v', 'a person opens the door', [[0, 10]]),
      sample('2', 'v', 'Someone sits', [[19.5, 30.5]]),
      sample('3', 'v', 'someone stands', [[45, 55]]),
    ]
    const labels = revisionsOf(before, after)
    expect(Object.fromEntries(labels)).toEqual({
      kept: 'kept',
      loosened: 'kept',
      moved: 'windows',
      gone: 'query',
    })
    const scores = new Map([
      ['kept', 0.1],
      ['loosened', 0.2],
      ['moved', 0.9],
      ['gone', 0.8],
    ])
    expect(agreement(scores, labels)).toEqual({ labelled: 4, revised: 2, auroc: 1, lift: 2 })
  })

  it('takes several rows of one query together', () => {
    const rows = (ends: ReadonlyArray<number>, from: string) =>
      ends.map((end, index) => sample(`${from}${index}`, 'v', 'someone claps', [[end - 5, end]]))
    const labels = (after: ReadonlyArray<number>) => [
      ...revisionsOf(rows([10, 30, 50], 'a'), rows(after, 'b')).values(),
    ]
    expect(labels([50, 10, 30])).toEqual(['kept', 'kept', 'kept'])
    expect(labels([50])).toEqual(['windows', 'windows', 'windows'])
  })
})
