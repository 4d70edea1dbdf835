import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Window } from '../../core/index.ts'
import { catalogue, lengthBonus, type RewardTarget, temporalBonus } from '../../rewards/index.ts'
import { countAnswer, groundedAnswer, windowsAnswer } from '../../tasks/index.ts'

const windows: ReadonlyArray<Window> = [[4, 8]]
const query: RewardTarget = { task: 'grounding', windows, duration: 20 }
const question: RewardTarget = { ...query, task: 'grounded-qa', answer: 'B' }
const choice: RewardTarget = { ...query, task: 'choice', windows: [], answer: 'B' }
const count: RewardTarget = { ...query, task: 'counting', windows: [], answer: '2' }
const open = (problemType: string, answer: string): RewardTarget => ({
  ...choice,
  task: 'open',
  answer,
  problemType,
})

const window = windowsAnswer(windows)
const thought = '<think>rep1: 1-2 rep2: 2-3</think>'
const letter = '<answer>B</answer>'

/** Of every reward: a target, the reply that is right for it, what that scores, and the least that any reply scores. */
const gold: ReadonlyArray<
  readonly [name: string, target: RewardTarget, reply: string, full: number, least: number]
> = [
  ['iou', query, window, 1, 0],
  ['best_iou', query, window, 1, 0],
  ['giou', query, window, 1, -1],
  ['diou', query, window, 1, -1],
  ['iop', query, window, 1, 0],
  ['endpoints', query, window, 1, 0],
  ['wasserstein', query, window, 1, 0],
  ['window_f1', query, window, 1, 0],
  ['window_f1', question, groundedAnswer('B', windows), 1, 0],
  ['answer', choice, letter, 1, 0],
  ['answer', question, groundedAnswer('B', windows), 1, 0],
  ['count_exact', count, countAnswer(2), 1, 0],
  ['format', query, window, 1, 0],
  ['format', question, groundedAnswer('B', windows), 1, 0],
  ['videochat_r1_iou', query, '<answer>4.0 to 8.0</answer>', 1, 0],
  ['glue_iou', question, groundedAnswer('B', windows), 1, 0],
  ['answer_letter', choice, letter, 1, 0],
  ['same_text', open('free-form', 'Good'), '<answer>good</answer>', 1, 0],
  ['format_think_answer', query, `${thought}${window}`, 1, 0],
  ['format_glue', question, `${thought}${groundedAnswer('B', windows)}`, 1, 0],
  ['format_glue_no_think', question, groundedAnswer('B', windows), 1, 0],
  ['time_r1_iou', query, '<answer>4.0 to 8.0</answer>', 1, 0],
  // Its factors are not clamped: an end far beyond the clip makes one negative.
  ['iou_v2', query, '<answer>4.0 to 8.0</answer>', 1, -1],
  ['timelens2_wasserstein', query, window, 1, 0],
  ['parse_penalty', query, window, 0, -1],
  ['count_hybrid', count, countAnswer(2), 1.5, 0],
  ['count', count, countAnswer(2), 1, 0],
  ['count_linear', count, countAnswer(2), 1, 0],
  ['count_fixed', count, countAnswer(2), 1, 0],
  ['count_interval', count, `${thought}${countAnswer(2)}`, 1, 0],
  ['count_format', count, `${thought}${countAnswer(2)}`, 1, 0],
  ['count_format_8b', count, `<thinking>two</thinking>${countAnswer(2)}`, 1, 0],
  ['video_r1_accuracy', { ...choice, problemType: 'multiple choice' }, letter, 1, 0],
  ['video_r1_accuracy', { ...count, problemType: 'numerical' }, countAnswer(2), 1, 0],
  ['video_r1_accuracy', open('OCR', 'EXIT ONLY'), '<answer>EXIT ONLY</answer>', 1, 0],
  ['video_r1_accuracy', open('free-form', 'a red door'), '<answer>a red door</answer>', 1, 0],
  ['video_r1_accuracy', open('regression', '1.8'), '<answer>1.8</answer>', 1, 0],
  ['video_r1_evaluation', { ...choice, problemType: 'multiple choice' }, letter, 1, 0],
  ['video_r1_evaluation', open('regression', '1.8'), '<answer>1.8</answer>', 1, 0],
  ['format_video_r1', count, `${thought}${countAnswer(2)}`, 1, 0],
  ['dvd_accuracy', count, countAnswer(2), 1, 0],
  ['sparse_video_r1', choice, `<think>x</think>${letter}`, 1, 0],
]

/** Replies of every kind: right ones with parts changed, and anything. */
const replies = fc.oneof(
  fc.constantFrom(...gold.map(([, , reply]) => reply)),
  fc
    .tuple(fc.nat(30), fc.nat(30))
    .map(([a, b]) => `<answer>${a}.0 to ${b}.0</answer><glue>[(${a}, ${b})]</glue>`),
  fc.nat(40).map((number) => `${thought}<answer>${number}</answer>`),
  fc.string(),
)

describe('rewards', () => {
  it.each(gold)('%s: its own gold scores in full (%#)', (name, target, reply, full) => {
    expect(catalogue[name]!(reply, target)).toBeCloseTo(full, 6)
  })

  it.each(gold)(
    '%s: no reply scores more than its gold, or less than its least (%#)',
    (name, target, _, full, least) => {
      fc.assert(
        fc.property(replies, (reply) => {
          const score = catalogue[name]!(reply, target)
          expect(score).toBeLessThanOrEqual(full + 1e-9)
          expect(score).toBeGreaterThanOrEqual(least)
        }),
        { numRuns: 60 },
      )
    },
  )

  it('all have their gold here', () => {
    expect(new Set(gold.map(([name]) => name))).toEqual(new Set(Object.keys(catalogue)))
  })
})

const falls = (scores: ReadonlyArray<number>) => {
  for (const [index, score] of scores.entries())
    if (index > 0) expect(score).toBeLessThanOrEqual(scores[index - 1]! + 1e-12)
}

describe('the farther from the truth, the less', () => {
  it.each(['count_hybrid', 'count', 'count_linear', 'count_fixed', 'count_exact'])('%s of counts', (name) =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, -1), (truth, side) => {
        const errors = Array.from({ length: side > 0 ? 12 : truth }, (_, error) => error)
        const target = { ...count, answer: String(truth) }
        falls(errors.map((error) => catalogue[name]!(countAnswer(truth + side * error), target)))
      }),
    ),
  )

  it.each([
    'iou',
    'giou',
    'diou',
    'iop',
    'endpoints',
    'wasserstein',
    'window_f1',
    'iou_v2',
    'timelens2_wasserstein',
  ])('%s of a window that moves away', (name) =>
    falls(Array.from({ length: 12 }, (_, by) => catalogue[name]!(windowsAnswer([[4 + by, 8 + by]]), query))),
  )

  it('regression of a number', () =>
    falls(
      Array.from({ length: 10 }, (_, by) =>
        catalogue.video_r1_accuracy!(`<answer>${2 + by / 4}</answer>`, open('regression', '2')),
      ),
    ))

  it('the bonuses of groups, never negative, and none for a wrong answer', () => {
    const accuracies = fc.array(fc.constantFrom(0, 0.05, 0.5, 1), { minLength: 1 })
    fc.assert(
      fc.property(accuracies, accuracies, fc.nat(600), (ordered, shuffled, tokens) => {
        const temporal = temporalBonus(ordered, shuffled)
        const length = lengthBonus(
          ordered,
          ordered.map(() => tokens),
        )
        ordered.forEach((accuracy, index) => {
          expect([0, 0.3]).toContain(temporal[index])
          expect([0, 0.2]).toContain(length[index])
          if (accuracy <= 0.1) expect([temporal[index], length[index]]).toEqual([0, 0])
        })
        // More right answers on shuffled frames never help.
        const more = temporalBonus(
          ordered,
          shuffled.map(() => 1),
        )
        more.forEach((bonus, index) => {
          expect(bonus).toBeLessThanOrEqual(temporal[index]!)
        })
      }),
    )
  })
})
