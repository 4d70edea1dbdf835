import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { entry } from '../cli/command-line.ts'
import { copySources, enterInto } from '../support/copy.ts'

/** A task that only this test has: which of two things happens first? */
const file = `import type { TaskSpec } from './spec.ts'

export const ordering: TaskSpec = {
  name: 'ordering',
  grounded: false,
  answers: 'text',
  question: ({ query }) => query + ' Answer with <answer>first</answer> or <answer>second</answer>.',
  answer: ({ answer }) => (answer === undefined ? null : '<answer>' + answer + '</answer>'),
  form: () => ({ kind: 'regex', pattern: '<answer>(first|second)</answer>' }),
  read: ({ text }) => {
    const said = /first|second/.exec(text)?.[0]
    return said === undefined
      ? { kind: 'unreadable', why: 'no answer' }
      : { kind: 'answer', windows: null, answer: said }
  },
}
`

const root = mkdtempSync(join(tmpdir(), 'spanwise-task-'))
afterAll(() => rmSync(root, { recursive: true }))

const copy = join(root, 'copy')
copySources(copy)
writeFileSync(join(copy, 'tasks', 'ordering.ts'), file)
enterInto(
  join(copy, 'tasks', 'catalogue.ts'),
  "import { ordering } from './ordering.ts'",
  'const specs: ReadonlyArray<TaskSpec> = [',
  'ordering',
)

const row = {
  id: 'a',
  task: 'ordering',
  video: 'a.mp4',
  query: 'Jump or fall?',
  duration: 10,
  answer: 'first',
}
mkdirSync(join(root, 'rows'))
const other = { ...row, id: 'b', task: 'counting', answer: '2' }
writeFileSync(join(root, 'rows', 'test.jsonl'), `${JSON.stringify(row)}\n${JSON.stringify(other)}\n`)

/** What a program says that imports from the copy. */
const say = (expression: string) => {
  const program = `
    import { answerOf, formOf, predictionOf, questionOf, readReply, tasks } from ${JSON.stringify(join(copy, 'tasks/index.ts'))}
    import { catalogue } from ${JSON.stringify(join(copy, 'rewards/index.ts'))}
    import { namedProfile, replyPlan } from ${JSON.stringify(join(copy, 'models/index.ts'))}
    import { answerDefaults } from ${JSON.stringify(join(copy, 'eval/index.ts'))}
    const sample = ${JSON.stringify({ ...row, windows: null })}
    console.log(JSON.stringify(${expression}))`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as unknown
}

describe('a new task', () => {
  it('is one file and one entry of the catalogue, from its question to its reading', () => {
    expect(
      say(`{
        tasks,
        question: questionOf(sample),
        answer: answerOf(sample),
        form: formOf(sample).pattern,
        reading: readReply(sample, 'the first one'),
        unread: readReply(sample, 'hm').kind,
        prediction: predictionOf(sample, '<answer>second</answer>').answer,
        format: [catalogue.format('<answer>first</answer>', { task: 'ordering', windows: [] }), catalogue.format('first', { task: 'ordering', windows: [] })],
        tokens: replyPlan(namedProfile('shapes-base'), 'ordering').maxTokens > 0,
        evaluated: 'ordering' in answerDefaults(namedProfile('Qwen3-VL-8B-Instruct')).plans,
      }`),
    ).toEqual({
      tasks: ['ordering', 'grounding', 'grounded-qa', 'choice', 'counting', 'open'],
      question: 'Jump or fall? Answer with <answer>first</answer> or <answer>second</answer>.',
      answer: '<answer>first</answer>',
      form: '<answer>(first|second)</answer>',
      reading: { kind: 'answer', windows: null, answer: 'first' },
      unread: 'unreadable',
      prediction: 'second',
      format: [1, 0],
      tokens: true,
      evaluated: true,
    })
  })

  it('is a task of the user’s own rows, and unknown without them', () => {
    const inspect = (program: string) => {
      const words = ['datasets', 'inspect', 'jsonl', '--split', 'test', '--annotations', 'rows', '--json']
      const { stdout } = spawnSync(process.execPath, [program, ...words], { cwd: root, encoding: 'utf8' })
      const { tasks, problemLines } = JSON.parse(stdout)
      return { tasks, problems: problemLines.map(({ message }: { message: string }) => message) }
    }
    expect(inspect(join(copy, 'bin', 'spanwise.js'))).toEqual({
      tasks: { ordering: 1, counting: 1 },
      problems: [],
    })
    expect(inspect(entry)).toEqual({
      tasks: { counting: 1 },
      problems: ['task: "ordering" is not one of grounding, grounded-qa, choice, counting, open'],
    })
  })
})
