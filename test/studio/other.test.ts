import { expect, it } from 'vitest'
import { agents } from '../../agents/index.ts'
import { showOther } from '../../studio/sample/other.ts'

it('an agent without a view of its own shows its question, replies, frames and cycles', () => {
  const evidence = {
    question: 'how often?',
    times: [0, 1],
    replies: ['<think>1, 2</think><answer>2</answer>'],
  }
  const row = { evidence: JSON.stringify(evidence), cycles: [[0, 0.5]] }
  const { exchanges, lanes } = showOther({ agent: agents.cot, row }, { task: 'counting' })
  expect(exchanges[0]).toMatchObject({ agent: 'reasoning-writer', question: 'how often?' })
  expect(exchanges[0]!.replies[0]).toMatchObject({ outcome: 'answer', read: '2' })
  expect(lanes.map(({ kind, intervals, ticks }) => [kind, intervals.length, ticks.length])).toEqual([
    ['annotated', 1, 0],
    ['frames', 0, 2],
  ])
  expect(showOther({ agent: agents.cot, row: { evidence: '{}' } }, { task: 'counting' }).exchanges).toEqual(
    [],
  )
})
