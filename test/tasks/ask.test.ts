import { describe, expect, it } from 'vitest'
import { reflectQuestion, verifyQuestion } from '../../agents/index.ts'
import { answerOf, choiceQuestion, formatWindows, parseWindows, questionOf } from '../../tasks/index.ts'

describe('questions', () => {
  it('are the texts that checkpoints were trained on', () => {
    expect(questionOf({ task: 'grounding', query: 'the red ball stops' })).toBe(
      'When does this happen: "the red ball stops"? Answer with every time range in seconds as <answer>start to end, start to end</answer>, or <answer>none</answer>.',
    )
    expect(reflectQuestion('the red ball stops', [[1, 2.26]])).toBe(
      '"the red ball stops" is known at 1.0 to 2.3, blanked here. When else does this happen? Answer with every other time range in seconds as <answer>start to end, start to end</answer>, or <answer>none</answer>.',
    )
    expect(verifyQuestion('the red ball stops')).toBe(
      'Does this show: "the red ball stops"? Answer Yes or No.',
    )
    expect(questionOf({ task: 'counting', query: 'How many bounces?' })).toBe(
      'How many bounces? Answer with the number as <answer>number</answer>.',
    )
    expect(choiceQuestion('What colour?', ['red', 'blue'])).toBe(
      'What colour?\nA. red\nB. blue\nAnswer with the letter as <answer>letter</answer>.',
    )
  })

  it('ask plainly where the annotation says never', () => {
    expect(reflectQuestion('x', [])).toBe(questionOf({ task: 'grounding', query: 'x' }))
  })

  it('ask for thoughts first only where told to', () => {
    expect(questionOf({ task: 'counting', query: 'How many?' }, { dialect: 'shapes', think: true })).toMatch(
      /inside <think><\/think>\.$/,
    )
  })
})

describe('answers', () => {
  it('are sorted, have one decimal and read back', () => {
    const answer = answerOf({
      task: 'grounding',
      windows: [
        [4, 6.04],
        [1, 2],
      ],
    })
    expect(answer).toBe('<answer>1.0 to 2.0, 4.0 to 6.0</answer>')
    expect(parseWindows(answer!)).toEqual([
      [1, 2],
      [4, 6],
    ])
    expect(formatWindows([])).toBe('none')
    expect(answerOf({ task: 'grounding', windows: [] })).toBe('<answer>none</answer>')
    expect(answerOf({ task: 'grounding', windows: null })).toBeNull()
    expect(answerOf({ task: 'counting', windows: null, answer: '3' })).toBe('<answer>3</answer>')
    expect(answerOf({ task: 'choice', windows: null })).toBeNull()
    expect(answerOf({ task: 'grounded-qa', windows: [[1, 2]], answer: 'B' })).toBe(
      '<answer>B</answer><glue>[(1.0, 2.0)]</glue>',
    )
  })
})
