import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spanwiseHere } from './command-line.ts'
import { model, workplace, writeRows } from './workplace.ts'

let root = ''
beforeAll(async () => {
  root = await workplace('video-r1')
  mkdirSync(join(root, 'data'))
  // Rows as Video-R1 publishes them, one of each type of problem.
  const row = (id: number, type: string, solution: string, rest: object = {}) => ({
    ...{ problem_id: id, problem: 'What is it?', data_type: 'video', problem_type: type },
    ...{ solution: `<answer>${solution}</answer>`, path: './good.mp4', data_source: 'made up', ...rest },
  })
  const rows = [
    row(1, 'multiple choice', 'B', { options: ['A. a ball', 'B. a cat'] }),
    row(2, 'numerical', '3'),
    row(3, 'numerical', '2.5'),
    row(4, 'OCR', 'EXIT ONLY'),
    row(5, 'free-form', 'a red door'),
    row(6, 'regression', '1.8'),
  ]
  writeFileSync(join(root, 'data', 'Video-R1-260k.json'), JSON.stringify(rows))
  writeFileSync(
    join(root, 'data', 'Video-R1-COT-165k.json'),
    JSON.stringify(rows.map((one) => ({ ...one, process: '<think>I look at it for a while.</think>' }))),
  )
  mkdirSync(join(root, 'dvd'))
  const dvd = (count: number) => ({
    ...{ problem: 'How many objects move?', solution: `<answer> ${count} </answer>` },
    video_filename: './good.mp4',
  })
  writeRows(join(root, 'dvd', 'train_dvd.jsonl'), [dvd(1), dvd(2), dvd(4)])
  writeRows(join(root, 'dvd', 'test_dvd.jsonl'), [dvd(2), dvd(3)])
})
afterAll(() => rmSync(root, { recursive: true }))

const run = async (...args: ReadonlyArray<string>) => {
  const { code, out, err } = await spanwiseHere(root, ...args, '--json')
  expect(code, err).toBe(0)
  return JSON.parse(out)
}
const rowsOf = (name: string) =>
  readFileSync(join(root, name, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const train = (kind: string, data: string, name: string, ...args: ReadonlyArray<string>) =>
  run(
    ...['train', kind, '--data', data, '--videos', 'videos', '--model', model, '--steps', '2', '--run', name],
    ...['--frames', '4', '--cache', 'off', ...args],
  )

describe("Video-R1's data on the command line", () => {
  it('teaches its written thoughts, tokens of thought counted apart from the answer', async () => {
    await run(
      'datasets',
      'export',
      'video_r1',
      '--annotations',
      'data',
      '--split',
      'sft',
      '--out',
      'sft.jsonl',
    )
    await train('sft', 'sft.jsonl', 'sft')
    for (const { thought } of rowsOf('sft')) {
      expect(thought.share).toBe(1)
      expect(thought.tokens).toBeGreaterThan(thought.answer)
    }
  })

  it('is trained on by T-GRPO with the rewards of every problem type, and the length reward', async () => {
    await run(
      'datasets',
      'export',
      'video_r1',
      '--annotations',
      'data',
      '--split',
      'train',
      '--out',
      'rl.jsonl',
    )
    await train(
      ...(['curriculum', 'rl.jsonl', 'rl'] as const),
      ...[
        '--set',
        'temporal=true',
        '--set',
        'lengthBonus=[320,512]',
        '--set',
        'group=2',
        '--set',
        'prompts=6',
      ],
      ...['--set', 'rewards.video_r1_accuracy=1', '--set', 'rewards.format_video_r1=1'],
      ...['--set', 'sampling.maxTokens=8'],
    )
    for (const { rewards, tasks, thought } of rowsOf('rl')) {
      expect(Object.keys(rewards)).toEqual(['video_r1_accuracy', 'format_video_r1', 'temporal', 'length'])
      expect(Object.keys(tasks)).toEqual(['choice', 'counting', 'open'])
      expect(tasks.open.prompts).toBe(4)
      expect(thought).toMatchObject({ share: 0 })
    }
  })

  it('shows accuracy and length of thought of a training side by side', async () => {
    const report = await run('report', '--run', 'rl')
    expect(report).toMatchObject({ steps: 2, growth: null })
    const html = readFileSync(report.out, 'utf8')
    for (const title of ['Accuracy of rollouts', 'Length of replies']) expect(html).toContain(title)
  })

  it('is scored on DVD-counting, exact counts over all samples', async () => {
    const scores = await run(
      ...['eval', 'dvd', '--annotations', 'dvd', '--videos', 'videos', '--model', model],
      ...['--frames', '4', '--cache', 'off'],
    )
    expect(scores).toMatchObject({ n: 2, rule: 'video-r1', accuracy: 0 })
  })
})
