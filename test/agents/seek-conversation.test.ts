import { describe, expect, it } from '@effect/vitest'
import * as fc from 'fast-check'
import {
  type Conversation,
  framesUsed,
  openConversation,
  proceed,
  type Rules,
  requestText,
  turnOf,
} from '../../agents/index.ts'
import { readReply } from '../../tasks/index.ts'

const rules: Rules = { frames: 5, rounds: 5, mode: 'fresh', requests: 'exact' }
const start = openConversation(20, [1, 5, 9, 13, 17])
const replyTo = (text: string, from: Conversation = start, by: Rules = rules) => {
  const step = proceed(from, { text }, by)
  return step.kind === 'end' ? step.ending : step.conversation.rounds.at(-1)!.shown
}

describe('a step of the conversation', () => {
  it('ends on an answer, and on anything that is no request', () => {
    expect(replyTo('<think>+[3]</think><answer>2</answer>')).toBe('answered')
    expect(replyTo('<answer>chair</answer>')).toBe('answered')
    expect(replyTo('B')).toBe('no answer')
    expect(replyTo('<answer>+[3]')).toBe('no answer')
    expect(replyTo('<think><answer>+[3]-[1]</answer>')).toBe('no answer')
    // The loop of Sparse-Video-R1 takes the lists exactly so, on one line.
    expect(replyTo('<answer>+ [3]</answer>')).toBe('answered')
    expect(replyTo('<answer>+ [3]-[1]</answer>')).toBe('adds nothing')
    expect(replyTo('<answer>\n+[3]-[1]\n</answer>')).toBe('no answer')
    // The first block on one line counts, also inside one that is not.
    expect(replyTo('<answer>\n<answer>+[3]-[1]</answer>')).toEqual([3, 5, 9, 13, 17])
    expect(replyTo('<answer>\n</answer><answer>+[3]-[1]</answer>')).toEqual([3, 5, 9, 13, 17])
  })

  it('shows what is asked for in order of time and keeps what is not removed', () => {
    expect(replyTo('<answer>+[4,3]-[17,1]</answer>')).toEqual([3, 4, 5, 9, 13])
    expect(replyTo('<answer>+[3, x, 4.5]-[1]</answer> <answer>0</answer>')).toEqual([3, 5, 9, 13, 17])
    expect(replyTo('<think>hm</think>\n<answer>-[1]+[2]</answer>')).toEqual([2, 5, 9, 13, 17])
    // A frame that is shown already is not shown twice.
    expect(replyTo('<answer>+[5,6]-[1,9]</answer>')).toEqual([5, 6, 13, 17])
    expect(replyTo('<answer>+[2,3]</answer>', openConversation(20, [1]))).toEqual([1, 2, 3])
  })

  it('does not grant a request that breaks a rule', () => {
    expect(replyTo('<answer>-[1]</answer>')).toBe('adds nothing')
    for (const add of ['', '0-99999999', '３', '٣', '-3', '1e3', '3s', '9'.repeat(40)])
      expect(replyTo(`<answer>+[${add}]-[1]</answer>`), add).toBe('adds nothing')
    expect(replyTo('<answer>+[2]</answer>')).toBe('too many')
    expect(replyTo('<answer>+[2,3]-[1,1]</answer>')).toBe('too many')
    expect(replyTo('<answer>+[2]-[1,5,9,13,17,1]</answer>')).toBe('none left')
    expect(replyTo('<answer>+[2]-[3]</answer>')).toBe('not shown')
    expect(replyTo('<answer>+[20,99]-[1,5]</answer>')).toBe('outside')
    expect(replyTo('<answer>+[999999999999999]-[1]</answer>')).toBe('outside')
    expect(replyTo('<answer>+[5]-[1]</answer>')).toBe('repeated')
    const last: Conversation = { ...start, rounds: Array(5).fill(start.rounds[0]) }
    expect(replyTo('<answer>+[2]-[1]</answer>', last)).toBe('out of rounds')
    expect(replyTo('<answer>A</answer>', last)).toBe('answered')
  })

  it('leaves out frames outside the clip and says which', () => {
    const step = proceed(start, { text: '<answer>+[2,20]-[1,5]</answer>' }, rules)
    expect(step).toMatchObject({
      kind: 'look',
      conversation: { rounds: [{}, { shown: [2, 9, 13, 17], outside: [20] }] },
    })
  })

  it('does not show earlier rounds again in circles, only with something new', () => {
    const step = proceed(start, { text: '<answer>+[2]-[1]</answer>' }, rules)
    if (step.kind === 'end') throw new Error(step.ending)
    expect(replyTo('<answer>+[1]-[2]</answer>', step.conversation)).toBe('repeated')
    expect(replyTo('<answer>+[1,3]-[2,5]</answer>', step.conversation)).toEqual([1, 3, 9, 13, 17])
    expect(framesUsed(step.conversation)).toEqual({ shown: 10, different: 6 })
    expect(turnOf(step.conversation, rules)).toEqual({
      ...{ shown: [2, 5, 9, 13, 17], history: [[1, 5, 9, 13, 17]] },
      ...{ total: 20, round: 2, rounds: 5, frames: 5 },
    })
  })

  it('adds only new frames to a growing conversation, whose earlier ones stay in view', () => {
    const growing: Rules = { ...rules, mode: 'growing' }
    expect(replyTo('<answer>+[2,3,4,6,7]</answer>', start, growing)).toEqual([2, 3, 4, 6, 7])
    expect(replyTo('<answer>+[2,5]-[1]</answer>', start, growing)).toEqual([2])
    expect(replyTo('<answer>+[2,3,4,6,7,8]</answer>', start, growing)).toBe('too many')
    expect(replyTo('<answer>+[1,5]</answer>', start, growing)).toBe('repeated')
  })

  it('grants requests that say wrong what to remove, where it is tolerant, and nothing else', () => {
    const tolerant: Rules = { ...rules, requests: 'tolerant' }
    const by = (text: string) => replyTo(text, start, tolerant)
    expect(by('<answer>+[2,3]</answer>')).toEqual([1, 2, 3, 5, 9])
    expect(by('<answer>+[2,3]-[4,17]</answer>')).toEqual([1, 2, 3, 5, 9])
    expect(by('<answer>+[2,3,4,6,7,8]-[1]</answer>')).toEqual([2, 3, 4, 6, 7])
    expect(by('<answer>+[2]-[1,5,9,13,17,1]</answer>')).toEqual([2])
    expect(by('<answer>+[5]-[1]</answer>')).toBe('repeated')
    expect(by('<answer>+[1,5,9,13,17,2]</answer>')).toBe('repeated')
    expect(by('<answer>+[20]</answer>')).toBe('outside')
    expect(by('<answer>-[1]</answer>')).toBe('adds nothing')
    expect(replyTo('<answer>+[2,3,4,6,7,8]</answer>', start, { ...tolerant, mode: 'growing' })).toEqual([
      2, 3, 4, 6, 7,
    ])
  })

  it('always ends, whatever is asked, within its rounds and frames', () => {
    const reply = fc.oneof(
      fc
        .tuple(
          fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
          fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
        )
        .map(([add, remove]) => requestText(add, remove)),
      fc.string(),
    )
    fc.assert(
      fc.property(
        fc.array(reply, { minLength: 6, maxLength: 6 }),
        fc.constantFrom('fresh', 'growing'),
        fc.constantFrom('exact', 'tolerant'),
        (texts, mode, requests) => {
          let now = start
          for (const [index, text] of texts.entries()) {
            const step = proceed(now, { text }, { ...rules, mode, requests })
            if (step.kind === 'end') return
            expect(index).toBeLessThan(rules.rounds - 1)
            now = step.conversation
            const { shown } = now.rounds.at(-1)!
            expect(shown.length).toBeGreaterThan(0)
            expect(shown.length).toBeLessThanOrEqual(rules.frames)
            expect(shown).toEqual([...new Set(shown)].toSorted((a, b) => a - b))
            expect(shown.every((second) => second < now.total)).toBe(true)
            expect(framesUsed(now).different).toBeGreaterThan(
              framesUsed({ ...now, rounds: now.rounds.slice(0, -1) }).different,
            )
          }
          throw new Error('went on for more rounds than there are')
        },
      ),
    )
  })
})

describe('a request as an answer', () => {
  it('names no option, whatever its lists hold', () => {
    const sample = { task: 'choice', options: ['red', 'blue'] } as const
    for (const text of [
      '<answer>+[3,4]-[1]</answer>',
      '<answer> + [A]</answer>',
      '<answer>-[B]</answer>',
      '<answer>B, or +[3]</answer>',
    ])
      expect(readReply(sample, text)).toEqual({ kind: 'unreadable', why: 'no answer' })
    for (const text of [
      '<think>+[3]</think><answer>B</answer>',
      '<think>I could ask <answer>+[3]</answer>, but I see it</think><answer>B</answer>',
    ])
      expect(readReply(sample, text)).toMatchObject({ answer: 'B' })
  })
})
