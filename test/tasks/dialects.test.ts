import { describe, expect, it } from 'vitest'
import {
  boundaryReflection,
  difficultyEstimation,
  reflectQuestion,
  verifyQuestion,
} from '../../agents/index.ts'
import {
  answerOf,
  dialects,
  dialectVersion,
  formOf,
  questionOf,
  readReply,
  type Style,
  shapesStyle,
  tasks,
} from '../../tasks/index.ts'

const asked = { query: 'What does the dog chase?', options: ['a ball', 'a cat'] }
const gold = { windows: [[1, 2.5] as const, [7, 9] as const], answer: 'B', options: asked.options }
const general: Style = { dialect: 'general', think: false }
const annotated = (task: string) => ({ ...gold, task, ...(task === 'counting' ? { answer: '12' } : {}) })

describe.each(tasks)('the general question of %s', (task) => {
  const question = questionOf({ ...asked, task }, general)

  it('says all that a model that never saw ours needs', () => {
    expect(question).toContain(asked.query)
    expect(question).toContain('<answer>')
    expect(question).toMatch(/form only, not of this video/)
    if (task === 'choice' || task === 'grounded-qa') expect(question).toContain('\nA. a ball\nB. a cat')
    if (task === 'grounding' || task === 'grounded-qa') {
      expect(question).toMatch(/start and an end in seconds counted from the beginning/)
      expect(question).toMatch(/one decimal/)
      expect(question).toMatch(/several ranges and none are all possible/)
    }
  })

  it('ends with an example that has the form, and so has the right answer', () => {
    const example = question.slice(question.lastIndexOf('not of this video:') + 18).trim()
    const form = formOf({ ...asked, task }, general)
    const pattern = new RegExp(`^(?:${form.kind === 'regex' ? form.pattern : ''})$`)
    expect(example).toMatch(pattern)
    expect(answerOf(annotated(task))).toMatch(pattern)
    for (const reader of ['strict', 'lenient'] as const)
      for (const reply of [example, answerOf(annotated(task))!])
        expect(readReply({ ...asked, task }, reply, reader).kind).toBe('answer')
  })

  it('asks for thoughts where told to, and its form then has room for them', () => {
    expect(question).not.toContain('<think>')
    const style = { ...general, think: true }
    expect(questionOf({ ...asked, task }, style)).toContain('<think>')
    const form = formOf({ ...asked, task }, style)
    expect(`<think>The dog runs.</think>\n${answerOf(annotated(task))}`).toMatch(
      new RegExp(`^(?:${form.kind === 'regex' ? form.pattern : ''})$`),
    )
  })
})

describe('the questions of agents', () => {
  it('say in the general dialect what is hidden and what is asked for', () => {
    const reflect = reflectQuestion('a dog runs', [[1, 2.26]], general)
    expect(reflect).toMatch(/1\.0 to 2\.3 \(in seconds\).*blanked out.*OTHER/s)
    expect(reflect).toMatch(/one decimal/)
    expect(reflectQuestion('a dog runs', [], general)).toBe(
      questionOf({ task: 'grounding', query: 'a dog runs' }, general),
    )
    expect(verifyQuestion('a dog runs', general)).toMatch(/Yes or No\.$/)
  })

  it('have a version in each dialect, which enters the key of the results', () => {
    expect(new Set(dialects.map(dialectVersion)).size).toBe(dialects.length)
    for (const agent of [boundaryReflection, difficultyEstimation]) {
      expect(agent.promptVersion({ dialect: 'general' })).toContain(dialectVersion('general'))
      expect(agent.promptVersion({ dialect: 'shapes' })).not.toContain(dialectVersion('general'))
    }
    expect(shapesStyle).toEqual({ dialect: 'shapes', think: false })
  })
})

describe('right answers', () => {
  it('are null where the annotation is none for the task', () => {
    for (const answer of ['three', '3 times', '', '3.5'])
      expect(answerOf({ task: 'counting', windows: null, answer })).toBeNull()
    for (const task of ['choice', 'grounded-qa'])
      for (const answer of ['Z', 'C', 'stand', 'b'])
        expect(answerOf({ task, windows: [[1, 2]], answer, options: ['x', 'y'] })).toBeNull()
    expect(answerOf({ task: 'grounding', windows: null })).toBeNull()
  })

  it('keep a length where the window has one, and round as the labels of the frames', () => {
    expect(answerOf({ task: 'grounding', windows: [[6.01, 6.04]] })).toBe('<answer>6.0 to 6.1</answer>')
    expect(answerOf({ task: 'grounding', windows: [[6, 6]] })).toBe('<answer>6.0 to 6.0</answer>')
    expect(answerOf({ task: 'grounding', windows: [[0.25, 1.25]] })).toBe('<answer>0.2 to 1.2</answer>')
    expect(answerOf({ task: 'grounded-qa', windows: [[6.01, 6.04]], answer: 'A' })).toBe(
      '<answer>A</answer><glue>[(6.0, 6.1)]</glue>',
    )
  })
})
