import { expect, it } from 'vitest'
import { evidenceQuery } from '../../tasks/index.ts'

it('says what the windows of a sample show', () => {
  const question = { query: 'Which shape blinks?', options: ['blue cross', 'red circle'], answer: 'B' }
  expect(evidenceQuery({ ...question, task: 'grounded-qa' })).toBe('Which shape blinks? Answer: red circle')
  expect(evidenceQuery({ ...question, task: 'grounded-qa', query: 'why does he run' })).toBe(
    'why does he run? Answer: red circle',
  )
  // ReXTime's letters come without their options.
  expect(evidenceQuery({ task: 'grounded-qa', query: 'Why?', answer: 'B' })).toBe('Why?')
  expect(evidenceQuery({ task: 'grounding', query: 'a dog barks' })).toBe('a dog barks')
})
