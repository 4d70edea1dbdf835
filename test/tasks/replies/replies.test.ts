import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../../../core/index.ts'
import { readReply, readYesNo, replyOf, windowsAnswer, windowsOf } from '../../../tasks/index.ts'
import { cpuTime } from '../../support/cpu-time.ts'
import { everyReading, mutate } from './mutate.ts'
import { cut } from './said.ts'
import { tables } from './tables.ts'

describe.each(Object.entries(tables))('replies: %s', (_, { rows, say }) => {
  it('are at least sixty', () => expect(rows.length).toBeGreaterThanOrEqual(60))
  it.each(rows)('%j says %s', (reply, reading) => expect(say(reply)).toBe(reading))
})

describe('a reader', () => {
  it('reads every answer in the form that is asked for, as the strict one does', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9000), fc.nat(900))), (list) => {
        const windows = list.map(([start, length]) => [start / 10, (start + length) / 10] as const)
        const reply = windowsAnswer(windows)
        const reading = readReply({ task: 'grounding' }, reply)
        expect(windowsOf(reading)).toEqual(windowsOf(readReply({ task: 'grounding' }, reply, 'strict')))
        // What stands around the answer changes nothing, thoughts with an answer of their own included.
        const dressed = `<think>${reply}, or <answer>1.0 to 2.0</answer></think>I see. ${reply}\n`
        expect(readReply({ task: 'grounding' }, dressed)).toEqual(reading)
        expect(readReply({ task: 'grounding' }, cut(`${reply} and`))).toEqual(reading)
        expect(readReply({ task: 'grounding' }, cut(reply.slice(0, -1))).kind).toBe('unreadable')
      }),
    ))

  it('gives one of three outcomes for whatever is said', () => {
    const draw = random(11, 'replies')
    for (let i = 0; i < 1000; i++) everyReading(mutate(draw))
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => everyReading(text)))
  })

  it('is linear on hostile replies', () => {
    const pieces = [
      '1',
      '1 ',
      '1.',
      '1:',
      '1-',
      ' to ',
      '[',
      '{',
      '(1,1),',
      '<answer>',
      '<think>',
      '</think>',
      '`',
      '```',
    ]
    const more = [
      'from 1 ',
      'start 1 end',
      'A ',
      'one ',
      'not ',
      '\\boxed{',
      'answer: ',
      '"',
      '，',
      ' ',
      '\n',
      '-',
      '1,000,',
      "'",
    ]
    const spent = cpuTime()
    for (const piece of [...pieces, ...more]) {
      everyReading(piece.repeat(4_000))
      everyReading(`<answer>${piece.repeat(4_000)}</answer>`)
    }
    everyReading('['.repeat(9_000) + ']'.repeat(9_000))
    everyReading('{"a":'.repeat(3_000))
    expect(spent()).toBeLessThan(20_000)
  })

  it('takes thoughts that are carried apart for no answer', () => {
    const reply = { text: '', finish: 'stop' as const, reasoning: '<answer>1.0 to 2.0</answer> Yes' }
    expect(readReply({ task: 'grounding' }, reply)).toEqual({ kind: 'unreadable', why: 'only thinking' })
    expect(readYesNo(replyOf(reply))).toEqual({ kind: 'unreadable', why: 'only thinking' })
  })
})
