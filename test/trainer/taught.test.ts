import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { lessonOf, taughtReply } from '../../tasks/index.ts'
import { checkTaught, parseTrainingData } from '../../trainer/index.ts'

const line = {
  video_id: 'push/v001.mp4',
  split: 'train',
  action: 'push_up',
  gt_count: 2,
  cot: '<thinking>rep1: 1.0s-2.0s, rep2: 2.0s-3.0s</thinking><answer>2</answer>',
}
const { gt_count: _, ...uncounted } = line
const parse = (...rows: ReadonlyArray<unknown>) =>
  Effect.runPromise(
    parseTrainingData('a.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')).pipe(
      Effect.tap(({ items }) => checkTaught(items)),
    ),
  )

describe("ActRep-R1's records as training data", () => {
  it('become counting samples, the older form too', async () => {
    const older = { video_id: 'b.mp4', ground_truth: { action: 'sit_up', count: 9 } }
    const { items } = await parse({ ...line, id: 'extra fields', fps: 30 }, older)
    expect(items.map(({ sample }) => sample)).toMatchObject([
      {
        ...{ id: 'push/v001', dataset: 'repcount', file: 'push/v001.mp4', answer: '2' },
        query: expect.stringContaining('push up'),
      },
      { split: 'train', answer: '9' },
    ])
    expect(items.map(({ sample }) => lessonOf(sample, true))).toEqual([line.cot, '<answer>9</answer>'])
  })

  it.each([
    ['no count', uncounted, /a\.jsonl:1: .*gt_count/],
    ['half a count', { ...line, gt_count: 2.5 }, /a\.jsonl:1: gt_count/],
    ['a count below zero', { ...line, gt_count: -1 }, /a\.jsonl:1: gt_count/],
    ['a count in words', { ...line, gt_count: 'two' }, /a\.jsonl:1: gt_count/],
    [
      'two counts',
      { ...line, ground_truth: { action: 'push_up', count: 3 } },
      /a\.jsonl:1: gt_count is 2, and ground_truth\.count 3/,
    ],
    ['no video', { ...line, video_id: '' }, /a\.jsonl:1: video_id/],
    ['thoughts that are a number', { ...line, cot: 7 }, /a\.jsonl:1: cot/],
    [
      'thoughts that answer otherwise',
      { ...line, cot: '<think>rep1</think><answer>5</answer>' },
      /sample repcount\/train\/push\/v001: meta\.cot answers "5", the annotation 2/,
    ],
    [
      'an answer in words',
      { ...line, cot: '<think>rep1</think><answer>a few</answer>' },
      /meta\.cot answers "a few"/,
    ],
    ['no thoughts', { ...line, cot: '<answer>2</answer>' }, /meta\.cot has no thoughts/],
    ['empty thoughts', { ...line, cot: '<think> </think><answer>2</answer>' }, /meta\.cot has no thoughts/],
  ])('are refused with %s', async (_name, row, message) => {
    await expect(parse(row)).rejects.toThrow(message)
  })
})

describe('written thoughts', () => {
  const sample = { task: 'counting', windows: null, answer: '2' }
  const taught = (cot: string) => taughtReply({ ...sample, meta: { cot } })

  it('are a reply in tags whatever they were written in', () => {
    const text = '<think>rep1</think><answer>2</answer>'
    for (const cot of ['rep1', '<think>rep1</think>', 'rep1 <answer>2</answer>', `${text}\n`])
      expect(taught(cot)).toEqual({ kind: 'reply', text })
    expect(taught('<thinking>rep1</thinking>')).toEqual({
      kind: 'reply',
      text: '<thinking>rep1</thinking><answer>2</answer>',
    })
  })

  it('are left out on request, and where there are none', () => {
    const meta = { cot: 'rep1' }
    expect(lessonOf({ ...sample, meta }, false)).toBe('<answer>2</answer>')
    expect(lessonOf(sample, true)).toBe('<answer>2</answer>')
    expect(taughtReply({ ...sample, meta: { cot: null } })).toBe(null)
  })
})
