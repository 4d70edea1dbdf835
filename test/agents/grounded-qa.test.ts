import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, hardAt } from '../../agents/difficulty-estimation/index.ts'
import { boundaryReflection, difficultyEstimation } from '../../agents/index.ts'
import type { Sample } from '../../core/index.ts'
import { layerTest } from '../../models/index.ts'
import { groundedAnswer } from '../../tasks/index.ts'
import { shapesSettings } from '../support/settings.ts'
import { clip } from './clip.ts'
import { sample as plain } from './sample.ts'

const sample: Sample = {
  ...plain,
  task: 'grounded-qa',
  query: 'Which shape blinks?',
  options: ['blue cross', 'red circle'],
  answer: 'B',
  windows: [[4, 8]],
}
const settings = shapesSettings(difficultyEstimation, { rollouts: 4 })
const prior = { start: 0, end: 1, meanIou: 0 }

/** The verdict of the difficulty agent on a model that replies so. */
const judged = async (replies: ReadonlyArray<string>, one = sample) => {
  const evidence = await Effect.runPromise(
    difficultyEstimation
      .investigate(one, clip, settings, prior)
      .pipe(Effect.provide(layerTest({ reply: (_, index) => replies[index] ?? '' }))),
  )
  // As the part files keep it.
  const stored = difficultyEstimation.evidence.parse(JSON.parse(JSON.stringify(evidence)))
  return { evidence, columns: decide(one, stored, settings).columns }
}

describe('difficulty of a grounded question', () => {
  it('asks the grounded question and records the option and the windows apart', async () => {
    const { evidence, columns } = await judged([
      groundedAnswer('B', [[4, 8]]),
      groundedAnswer('B', [[4, 6]]),
      groundedAnswer('A', [[4, 8]]),
      'no idea',
    ])
    expect(evidence.question).toContain('<glue>')
    expect(columns).toMatchObject({
      ious: [1, 0.5, 1, 0],
      difficulty: 1 - 1.5 / 4,
      answer_difficulty: 0.5,
      ground_difficulty: 1 - 2.5 / 4,
      hard_at: 'neither',
      pass_rate: 0.5,
      parse_rate: 0.75,
    })
  })

  it('tells what is hard: to answer, to ground, both or neither', async () => {
    const at = async (reply: string) => (await judged([reply, reply, reply, reply])).columns.hard_at
    expect(await at(groundedAnswer('B', [[4, 8]]))).toBe('neither')
    expect(await at(groundedAnswer('A', [[4, 8]]))).toBe('answer')
    expect(await at(groundedAnswer('B', [[12, 14]]))).toBe('grounding')
    expect(await at(groundedAnswer('B', []))).toBe('grounding')
    expect(await at('what?')).toBe('both')
  })

  it('is never below either of its halves, and says nothing of them for a query', async () => {
    const reply = fc
      .tuple(fc.constantFrom('A', 'B'), fc.integer({ min: 0, max: 18 }), fc.integer({ min: 1, max: 2 }))
      .map(([letter, start, length]) => groundedAnswer(letter, [[start, start + length]]))
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { minLength: 4, maxLength: 4 }), async (replies) => {
        const { columns } = await judged(replies)
        const whole = Number(columns.difficulty) + 1e-9
        expect(whole).toBeGreaterThanOrEqual(Number(columns.answer_difficulty))
        expect(whole).toBeGreaterThanOrEqual(Number(columns.ground_difficulty))
        expect(whole).toBeLessThanOrEqual(1 + 1e-6)
      }),
      { numRuns: 20 },
    )
    const { columns } = await judged(['<answer>4.0 to 8.0</answer>'], { ...plain, windows: [[4, 8]] })
    expect(columns).toMatchObject({ answer_difficulty: null, ground_difficulty: null, hard_at: null })
  })

  it('cuts at the bound for hard', () => {
    // With 10 rollouts of which 7 are right, 1 - 0.7 is 0.30000000000000004.
    expect(hardAt(1 - 0.7, 0.2, 0.3)).toBe('neither')
    expect([hardAt(0.7, 0.7, 0.7), hardAt(0.71, 0.7, 0.7), hardAt(0.7, 0.71, 0.7)]).toEqual([
      'neither',
      'answer',
      'grounding',
    ])
  })

  it('is not estimated without options, or without the right one', () => {
    const { options: _, ...blind } = sample
    const { answer: __, ...open } = sample
    expect(difficultyEstimation.unfit(blind)).toBe('has no options to choose from')
    expect(difficultyEstimation.unfit(open)).toBe('no annotated answer')
    expect(difficultyEstimation.unfit(sample)).toBeNull()
  })
})

describe('boundary reflection on a grounded question', () => {
  it('asks whether the right answer is shown elsewhere too, and verifies that', async () => {
    const asked: Array<string> = []
    const look = shapesSettings(boundaryReflection)
    const evidence = await Effect.runPromise(
      boundaryReflection.investigate(sample, clip, look, null).pipe(
        Effect.provide(
          layerTest({
            reply: ({ messages }) => {
              const text = messages
                .flatMap(({ content }) => content)
                .map((part) => (part.type === 'text' ? part.text : ''))
                .join('')
              asked.push(text)
              return text.startsWith('Does this show') ? 'Yes' : '<answer>14.0 to 16.0</answer>'
            },
          }),
        ),
      ),
    )
    const [reflect, ...verify] = asked
    expect(reflect).toContain('"Which shape blinks? Answer: red circle" is known at 4.0 to 8.0')
    for (const question of verify) expect(question).toContain('"Which shape blinks? Answer: red circle"')
    expect(verify.length).toBeGreaterThan(0)
    expect(boundaryReflection.decide(sample, evidence, look).columns).toMatchObject({
      verdict: 'partial',
      verified: [[14, 16]],
    })
  })
})
