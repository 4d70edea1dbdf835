import { describe, expect, it } from '@effect/vitest'
import { letter, random, Windows } from '../../core/index.ts'
import {
  defaultWorldSettings,
  durationOf,
  queriesOf,
  renderFrame,
  scene,
  type WorldVideo,
  worldVideos,
} from '../../datasets/shapes/index.ts'
import { choiceQuestions, countingQuestions, groundedQuestions } from '../../datasets/shapes/question.ts'

const settings = (seed: number) => ({ ...defaultWorldSettings, seed, splits: [] })
const world = (seed: number, split: string, videos: number) => worldVideos(settings(seed), { split, videos })

/** Area under the ROC curve of `score` for telling positives from negatives; ties count half. */
const auroc = (rows: ReadonlyArray<{ score: number; positive: boolean }>): number => {
  const yes = rows.filter(({ positive }) => positive)
  const no = rows.filter(({ positive }) => !positive)
  let wins = 0
  for (const a of yes) for (const b of no) wins += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0
  return wins / (yes.length * no.length)
}

const annotations = (videos: ReadonlyArray<WorldVideo>) =>
  videos.flatMap(({ samples, truths }) =>
    samples.flatMap((sample) => {
      const truth = truths.find(({ id }) => id === sample.id)
      return sample.task === 'grounding' && truth !== undefined ? [{ sample, truth }] : []
    }),
  )

const worlds = [1, 2, 3].map((seed) => annotations(world(seed, 'train', 150)))

describe('annotations of a world', () => {
  it('are exact: shown and hidden windows together are the true ones', () => {
    for (const { sample, truth } of worlds.flat()) {
      expect(Windows.merge([...sample.windows!, ...truth.hidden])).toEqual(truth.windows)
      expect(truth.hidden.length).toBe(truth.partial ? 1 : 0)
      expect(sample.windows!.length).toBeGreaterThan(0)
    }
  })

  it('leave out a window in the share asked for', () => {
    for (const rows of worlds)
      expect(rows.filter(({ truth }) => truth.partial).length / rows.length).toBeCloseTo(0.4, 2)
  })

  const rules: ReadonlyArray<readonly [string, (row: (typeof worlds)[0][0], index: number) => number]> = [
    ['the shown time is short', ({ sample }) => -Windows.coverage(sample.windows!)],
    [
      'the shown window is short for the clip',
      ({ sample }) => -Windows.coverage(sample.windows!) / sample.duration!,
    ],
    ['the first window starts early', ({ sample }) => -sample.windows![0]![0]],
    ['the last window ends early', ({ sample }) => -sample.windows!.at(-1)![1]],
    ['few windows are shown', ({ sample }) => -sample.windows!.length],
    [
      'the longest unshown time is long',
      ({ sample }) =>
        Math.max(...Windows.complement(sample.windows!, [0, sample.duration!]).map(Windows.length)),
    ],
    ['the query has many letters', ({ sample }) => sample.query.length],
    ['the query has many words', ({ sample }) => sample.query.split(' ').length],
    ['the clip is long', ({ sample }) => sample.duration!],
    ['the row comes late in the file', (_, index) => index],
    ['it is the second query of its video', ({ sample }) => Number(sample.id.endsWith('1'))],
    ['the query is about motion', ({ sample }) => Number(/mov|slid|goes|travel/.test(sample.query))],
  ]

  it.each(rules)('do not tell partial from complete by the rule: %s', (_, rule) => {
    for (const rows of worlds) {
      const area = auroc(rows.map((row, index) => ({ score: rule(row, index), positive: row.truth.partial })))
      expect(area).toBeGreaterThan(0.45)
      expect(area).toBeLessThan(0.55)
    }
  })

  it('do not tell partial from complete by having a twin', () => {
    for (const rows of worlds) {
      const key = ({ sample }: (typeof rows)[0]) => `${sample.query} ${JSON.stringify(sample.windows)}`
      const keys = rows.map(key)
      const area = auroc(
        rows.map((row) => ({
          score: keys.filter((one) => one === key(row)).length,
          positive: row.truth.partial,
        })),
      )
      expect(Math.abs(area - 0.5)).toBeLessThan(0.02)
    }
  })

  it('come with counts and choices whose answers are spread evenly over the letters', () => {
    const asked = world(5, 'train', 300).flatMap(({ samples }) => samples)
    for (const task of ['choice', 'grounded-qa'] as const) {
      const answers = asked.filter((sample) => sample.task === task).map(({ answer }) => answer)
      expect(answers.length).toBeGreaterThan(150)
      for (const option of ['A', 'B', 'C', 'D'])
        expect(answers.filter((answer) => answer === option).length / answers.length).toBeGreaterThan(0.15)
    }
    const counts = new Set(asked.filter(({ task }) => task === 'counting').map(({ answer }) => answer))
    expect(counts.size).toBeGreaterThan(4)
  })

  it('are fixed by the seed, and no two splits share a clip', () => {
    const one = world(7, 'train', 20)
    expect(world(7, 'train', 20)).toEqual(one)
    const picture = ({ scene: shown }: WorldVideo) =>
      [1, 3, 6].map((time) => Buffer.from(renderFrame(shown, time, 16)).toString('base64')).join()
    const train = new Set(one.map(picture))
    expect(train.size).toBe(20)
    for (const video of world(7, 'valid', 20)) expect(train.has(picture(video))).toBe(false)
  })

  it('hold the number of videos asked for, also an odd one', () => {
    expect(world(1, 'a', 7).map(({ video }) => video)).toHaveLength(7)
    expect(new Set(world(1, 'a', 7).map(({ video }) => video)).size).toBe(7)
  })
})

describe('questions', () => {
  const scenes = Array.from({ length: 200 }, (_, seed) => scene('medium', 'questions', seed))

  it('count what the queries show', () => {
    for (const one of scenes)
      for (const { text, answer } of countingQuestions(one)) {
        const asked = queriesOf(one).find(
          (query) => text === `How many times does ${query.text.replace(' slides in', '')} slide in?`,
        )
        if (asked?.event === 'enters') expect(answer).toBe(String(asked.windows.length))
        expect(Number(answer)).toBeLessThanOrEqual(2 * durationOf(one))
      }
  })

  it('offer four different options, one of them right', () => {
    for (const one of scenes) {
      const draw = random('options', one.seed)
      for (const { options, answer, windows } of [
        ...choiceQuestions(one, draw),
        ...groundedQuestions(one, draw),
      ]) {
        expect(new Set(options).size).toBe(4)
        expect([0, 1, 2, 3].map(letter)).toContain(answer)
        if (windows !== undefined) expect(windows.length).toBeGreaterThan(0)
      }
    }
  })
})
