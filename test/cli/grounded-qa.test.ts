import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultServer } from '../support/fault-server.ts'
import { spanwiseHere } from './command-line.ts'
import { model as tied, workplace } from './workplace.ts'

let root = ''
beforeAll(async () => {
  root = await workplace('grounded-qa')
  const put = (folder: string, name: string, content: string) => {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, name), content)
  }
  // NExT-GQA as VideoChat-R1 publishes it, ReXTime as VideoMind and as its authors do.
  const shared = {
    options: ['(A) run', '(B) jump', '(C) fall', '(D) sit', '(E) sing'],
    duration: 10,
    type: 'CW',
  }
  const question = (id: string, text: string, answer: string, glue: unknown) => ({
    ...{ id: `v_${id}`, video: 'good.mp4', question: text, answer, glue, ...shared },
  })
  put(
    'nextgqa',
    'nextgqa_val.json',
    JSON.stringify([
      question('1', 'why did the boy shout', '(B)', [[2, 6]]),
      question('2', 'how did the girl leave', '(A)', [[1, 3]]),
    ]),
  )
  const rextime = { qid: 'q1', vid: 'good', question: 'what happens next', ans: 'B', span: [2, 6] }
  put('rextime', 'rextime_val.json', JSON.stringify([{ ...rextime, options: ['he runs', 'he jumps'] }]))
  put('rextime', 'durations.json', JSON.stringify({ good: 10 }))
  put(
    'plain',
    'rextime_val.jsonl',
    JSON.stringify({ ...rextime, query: rextime.question, duration: 10, relevant_windows: [[2, 6]] }),
  )
})
afterAll(() => rmSync(root, { recursive: true }))

/** A model that finds every answer to be B from second 2 to 6, and nothing elsewhere. */
const reply = (question: string) =>
  question.includes('<glue>') ? '<answer>B</answer><glue>[(2.0, 6.0)]</glue>' : '<answer>none</answer>'

describe('grounded questions on the command line', () => {
  it('are trained on, option and windows each rewarded', async () => {
    const run = async (...args: ReadonlyArray<string>) => {
      const { code, err } = await spanwiseHere(root, ...args)
      expect(code, err).toBe(0)
    }
    const place = ['--annotations', 'nextgqa', '--split', 'valid']
    await run('datasets', 'export', 'nextgqa', ...place, '--out', 'train.jsonl')
    await run(
      ...['train', 'curriculum', '--data', 'train.jsonl', '--videos', 'videos', '--model', tied],
      ...[
        '--steps',
        '2',
        '--run',
        'grpo',
        '--frames',
        '4',
        '--cache',
        'off',
        '--set',
        'sampling.maxTokens=8',
      ],
      ...['--set', 'group=2', '--set', 'prompts=2', '--set', 'scale=task', '--set', 'inject=always'],
    )
    const rows = readFileSync(join(root, 'grpo', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
    for (const row of rows.map((line) => JSON.parse(line))) {
      expect(Object.keys(row.rewards)).toEqual(['answer', 'glue_iou'])
      expect(Object.keys(row.tasks)).toEqual(['grounded-qa'])
      // The annotation beside the random model's reply is a lesson in every group.
      expect(row.loss).not.toBeNull()
    }
  })

  it('are reflected on, rated and evaluated through a server', async () => {
    const asked: Array<string> = []
    await using server = await startFaultServer({
      models: () => ({ status: 200, body: { data: [{ id: 'some/Model-7B' }] } }),
      reply: ({ question }) => {
        asked.push(question)
        return { message: { role: 'assistant', content: reply(question) }, finish_reason: 'stop' }
      },
    })
    const run = (...args: ReadonlyArray<string>) => spanwiseHere(root, ...args)
    const model = [
      ...['--videos', 'videos', '--frames', '4', '--max-pixels', '4096', '--cache', 'off', '--json'],
      ...['--backend', 'openai', '--preset', 'vllm', '--base-url', server.url, '--model', 'some/Model-7B'],
    ]
    const nextgqa = ['--dataset', 'nextgqa', '--split', 'valid', '--annotations', 'nextgqa', ...model]

    // The dataset has grounded questions only, so they need not be asked for.
    const dea = await run('dea', ...nextgqa, '--run', 'run')
    expect(dea.code, dea.err).toBe(0)
    const bra = await run('bra', ...nextgqa, '--run', 'run', '--task', 'grounded-qa')
    expect(bra.code, bra.err).toBe(0)
    expect(asked.join('\n')).toContain('"why did the boy shout? Answer: jump"')
    const rows = await run(
      ...['query', '--run', 'run', '--json'],
      'SELECT d.sample, verdict, hard_at, answer_difficulty AS answer, ground_difficulty AS ground FROM difficulty_estimation d JOIN boundary_reflection b USING (key) ORDER BY d.sample',
    )
    expect(rows.code, rows.err).toBe(0)
    expect(JSON.parse(rows.out).rows).toMatchObject([
      { sample: 'v_1', verdict: 'complete', hard_at: 'neither', answer: 0, ground: 0 },
      { sample: 'v_2', verdict: 'complete', hard_at: 'both', answer: 1 },
    ])
    const none = await run('bra', ...nextgqa, '--run', 'other', '--task', 'grounding')
    expect([none.code, none.err]).toEqual([2, expect.stringMatching(/has no samples for this agent/)])

    const scores = async (suite: string, folder: string, split: string) => {
      const { code, out, err } = await run(
        ...['eval', suite, '--annotations', folder, '--split', split, ...model],
      )
      expect(code, err).toBe(0)
      return JSON.parse(out)
    }
    // v_2's windows meet on [2, 3]: IoP 1/4.
    expect(await scores('nextgqa', 'nextgqa', 'valid')).toMatchObject({
      'Acc@GQA': 50,
      'Acc@QA': 50,
      mIoP: 62.5,
    })
    expect(await scores('rextime', 'rextime', 'valid')).toMatchObject({
      VQA: 1,
      'VQA,mIoU@0.5': 1,
      mIoU: 100,
    })
    const plain = await run('eval', 'rextime', '--annotations', 'plain', '--split', 'valid', ...model)
    expect(plain.code).toBe(2)
    expect(plain.err).toMatch(/sample q1 of rextime: has no options to choose from/)
  })
})
