import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodePicture } from '../../video/index.ts'
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
  const ofImage = (path: string) => ({ data_type: 'image', path })
  const rows = [
    row(1, 'multiple choice', 'B', { options: ['A. a ball', 'B. a cat'] }),
    row(2, 'numerical', '3'),
    row(3, 'numerical', '2.5'),
    row(4, 'OCR', 'EXIT ONLY'),
    row(5, 'free-form', 'a red door'),
    row(6, 'regression', '1.8'),
    row(7, 'multiple choice', 'A', { ...ofImage('./math/1.png'), options: ['A. a ball', 'B. a cat'] }),
    row(8, 'OCR', 'EXIT ONLY', ofImage('./chart/1.jpg')),
    row(9, 'numerical', '3', ofImage('./broken.png')),
    // A file of the other kind, by its name and by its content.
    row(10, 'numerical', '3', ofImage('./good.mp4')),
    row(11, 'numerical', '3', { path: './math/1.png' }),
    row(12, 'numerical', '3', ofImage('./film.png')),
    row(13, 'numerical', '3', { path: './picture.mp4' }),
  ]
  const picture = { width: 40, height: 28, rgb: new Uint8Array(40 * 28 * 3).map((_, i) => i % 251) }
  const [png, jpg] = (['png', 'jpeg'] as const).map((format) => encodePicture(picture, { format }))
  const file = (name: string, bytes: Uint8Array) => {
    mkdirSync(dirname(join(root, 'videos', name)), { recursive: true })
    writeFileSync(join(root, 'videos', name), bytes)
  }
  file('math/1.png', png!)
  file('chart/1.jpg', jpg!)
  file('broken.png', png!.subarray(0, 200))
  file('picture.mp4', png!)
  file('film.png', readFileSync(join(root, 'videos', 'good.mp4')))
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
const hasTemporal = (rollout: { readonly scores?: object }): boolean =>
  Object.hasOwn(rollout.scores ?? {}, 'temporal')
const train = (kind: string, data: string, name: string, ...args: ReadonlyArray<string>) =>
  run(
    ...['train', kind, '--data', data, '--videos', 'videos', '--model', model, '--steps', '2', '--run', name],
    ...['--frames', '4', '--cache', 'off', ...args],
  )

describe("Video-R1's data on the command line", () => {
  it('is counted, images apart from videos, and each wrong row or file has one line', async () => {
    const source = ['video_r1', '--annotations', 'data', '--split', 'train'] as const
    const split = await run('datasets', 'inspect', ...source)
    expect(split).toMatchObject({
      rows: 13,
      samples: 11,
      videos: 2,
      images: 4,
      problems: { mismatch: 2 },
    })
    expect(split.problemLines.map(({ message }: { message: string }) => message)).toEqual([
      'data_type: image, and path names no image (png, jpg, jpeg, webp, bmp): good.mp4',
      'data_type: video, and path names an image: math/1.png',
    ])
    const checked = await spanwiseHere(root, 'datasets', 'check', ...source, '--videos', 'videos', '--json')
    expect(checked.code).toBe(3)
    expect(JSON.parse(checked.out).faults).toMatchObject([
      { file: 'broken.png', message: expect.stringMatching(/^the image cannot be decoded/) },
      { file: 'film.png', message: expect.stringMatching(/^not a PNG, JPEG, WebP or BMP image/) },
      { file: 'picture.mp4', message: expect.stringMatching(/^it holds an image, not a video/) },
    ])
    for (const agent of ['bra', 'dea']) {
      const { code, err } = await spanwiseHere(
        root,
        ...[agent, '--dataset', ...source, '--videos', 'videos', '--model', model, '--run', agent],
      )
      expect(code).toBe(2)
      expect(err.trim().split('\n').at(-1)).toMatch(/has no samples for this agent/)
    }
  })

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
        'prompts=11',
        '--set',
        'logPrompts=11',
      ],
      ...['--set', 'rewards.video_r1_accuracy=1', '--set', 'rewards.format_video_r1=1'],
      ...['--set', 'sampling.maxTokens=8'],
    )
    for (const { rewards, tasks, thought } of rowsOf('rl')) {
      expect(Object.keys(rewards)).toEqual(['video_r1_accuracy', 'format_video_r1', 'temporal', 'length'])
      expect(Object.keys(tasks)).toEqual(['choice', 'counting', 'open'])
      expect(tasks.open.prompts).toBe(5)
      expect(thought).toMatchObject({ share: 0 })
    }
    const log = readFileSync(join(root, 'rl', 'rollouts.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const scored = log.slice(0, 8).map((line) => JSON.parse(line))
    const temporal = new Map(
      scored.map(({ sample, rollouts }) => [sample, rollouts.every((one: object) => hasTemporal(one))]),
    )
    expect([...temporal].toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((id) => [`video_r1/train/${id}`, id <= 6]),
    )
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
