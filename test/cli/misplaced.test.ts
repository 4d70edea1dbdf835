import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spanwiseHere } from './command-line.ts'
import { model, workplace, writeRows } from './workplace.ts'

let root = ''
const place = ['--annotations', 'rows.jsonl', '--videos', 'videos']
const run = (...args: ReadonlyArray<string>) => spanwiseHere(root, ...args)
const agent = (command: string) =>
  run(
    command,
    '--dataset',
    'jsonl',
    '--split',
    'test',
    ...place,
    '--run',
    'run',
    '--model',
    model,
    '--threads',
    '1',
  )

beforeAll(async () => {
  root = await workplace('misplaced')
  // Without a stated duration nothing can be said before the file, which lasts 10 s, is measured.
  const row = (query: string, ...windows: ReadonlyArray<readonly [number, number]>) => ({
    ...{ video: 'good.mp4', query, windows },
  })
  writeRows(join(root, 'rows.jsonl'), [
    row('inside', [1, 4]),
    row('far outside', [100, 110]),
    row('one of two outside', [1, 2], [10, 12]),
    row('across the end', [8, 12]),
  ])
  // Repetitions by frame, of which the file has 40.
  const counted = (...cycles: ReadonlyArray<readonly [number, number]>) => ({
    ...{ video: 'good.mp4', query: 'how many squats', answer: cycles.length, meta: { cycles } },
  })
  writeRows(join(root, 'cycles.jsonl'), [
    counted([0, 20], [20, 40]),
    counted([0, 20], [20, 400]),
    counted([20, 40], [0, 20]),
    counted([0, 20], [10, 40]),
    { ...counted([0, 20]), meta: { cot: '<think>one, two</think><answer>2</answer>' } },
  ])
})
afterAll(() => rmSync(root, { recursive: true }))

const said = (id: string, window: string) =>
  `${id}  good.mp4  window ${window} is outside the video, which lasts 10.00 s`

describe('a window outside the measured duration', () => {
  it('is a problem of its row at check', async () => {
    const { code, out } = await run('datasets', 'check', 'jsonl', '--split', 'test', ...place)
    expect(out).toContain('line-2: window 100 to 110 s is outside the video, which lasts 10.00 s')
    expect(out).toContain('line-3: window 10 to 12 s is outside the video, which lasts 10.00 s (2 samples)')
    expect(out).toContain('1 with windows outside')
    expect(code).toBe(3)
  })

  it('is found of cycles too, and what the rows alone show already at inspect', async () => {
    const rows = join(root, 'cycles.jsonl')
    const check = await run(
      'datasets',
      'check',
      'jsonl',
      '--annotations',
      rows,
      '--videos',
      join(root, 'videos'),
    )
    expect(check.out).toContain("line-2: cycle 2 [20, 400] ends after the clip's 40 frames")
    expect(check.out).toContain('1 with cycles that cannot be right')
    expect(check.code).toBe(3)
    const inspect = await run('datasets', 'inspect', 'jsonl', '--annotations', rows)
    const problems = inspect.out
      .split('\n')
      .flatMap((line) => /jsonl:(\d: mismatch: .*)/.exec(line)?.[1] ?? [])
    expect(problems).toEqual([
      '3: mismatch: cycle 2 [0, 20] is listed after a later one',
      '4: mismatch: cycle 2 [10, 40] overlaps the one before',
      '5: mismatch: meta.cot answers "2", the annotation 1',
    ])
    expect(inspect.out).toContain('samples         5 of 5 rows')
  })

  for (const command of ['bra', 'dea'])
    it(`fails its sample, with the reason, at ${command}`, async () => {
      const { code, err } = await agent(command)
      expect(code).toBe(3)
      expect(err).toContain(said('line-2', '100 to 110 s'))
      expect(err).toContain(said('line-3', '10 to 12 s'))
      expect(err).toContain(`${command} jsonl: 2 of 4 samples failed`)
    })

  it('is neither scored nor exported by curate', async () => {
    const { code, out } = await run(
      'curate',
      '--run',
      'run',
      '--select',
      'random',
      '--share',
      '1',
      '--action',
      'keep',
      '--json',
    )
    expect(code).toBe(0)
    expect(JSON.parse(out).decisions.reject).toBe(2)
    const curated = readFileSync(join(root, 'run', 'curated', 'train.jsonl'), 'utf8')
    expect(curated).not.toContain('outside')
    expect(curated).toContain('"inside"')
  })
})
