import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderOf, spanwise, spanwiseHere } from './command-line.ts'
import { model, row, workplace, writeRows } from './workplace.ts'

let root = ''
const own: ReadonlySet<string> = new Set(['mydata', 'counts', 'wrong'])

/** `eval` reads the names of the configuration when it is loaded: once in a process. */
const run = (...args: ReadonlyArray<string>) =>
  args[0] === 'eval' && own.has(args[1] ?? '')
    ? Effect.runPromise(spanwise(root, ...args))
    : spanwiseHere(root, ...args)

beforeAll(async () => {
  root = await workplace('own-data')
  mkdirSync(join(root, 'mine'))
  writeRows(join(root, 'mine', 'test.jsonl'), [
    row('good.mp4', 'a red circle'),
    row('good.mp4', 'a blue one', [5, 9]),
  ])
  writeFileSync(join(root, 'wrong.csv'), 'video,query,Start,End\ngood.mp4,a red circle,1,4\n')
  writeRows(join(root, 'counts.jsonl'), [{ video: 'good.mp4', query: 'how often?', answer: 3 }])
  writeRows(join(root, 'partly.jsonl'), [
    row('good.mp4', 'a red circle'),
    { video: 'good.mp4', caption: 'a red circle', windows: [[1, 4]] },
    { video: 'good.mp4', query: 'a red circle', start: 1 },
  ])
  mkdirSync(join(root, 'copies'))
  copyFileSync(join(root, 'videos', 'good.mp4'), join(root, 'copies', 'renamed.mp4'))
  writeRows(join(root, 'copies.jsonl'), [row('renamed.mp4', 'a red circle')])
  writeFileSync(
    join(root, 'spanwise.config.json'),
    JSON.stringify({
      datasets: {
        mydata: { format: 'jsonl', annotations: 'mine', videos: 'videos', suite: 'charades' },
        counts: { format: 'jsonl', annotations: 'counts.jsonl', videos: 'videos', suite: 'repcount' },
        wrong: { format: 'csv', annotations: 'wrong.csv', videos: 'videos' },
        copies: { format: 'jsonl', annotations: 'copies.jsonl', videos: 'copies' },
        partly: { format: 'jsonl', annotations: 'partly.jsonl', videos: 'videos' },
      },
    }),
  )
})
afterAll(() => rmSync(root, { recursive: true }))

describe.concurrent('own data with a name', () => {
  it('is listed, inspected and checked like any other', async ({ expect }) => {
    const [list, inspect, check] = await Promise.all([
      run('datasets', 'list', '--json'),
      run('datasets', 'inspect', 'mydata', '--json'),
      run('datasets', 'check', 'mydata', '--json'),
    ])
    expect(JSON.parse(list.out).datasets[0]).toMatchObject({ name: 'mydata' })
    expect(JSON.parse(inspect.out)).toMatchObject({ dataset: 'mydata', samples: 2 })
    expect(JSON.parse(check.out)).toMatchObject({ videos: 1, sound: 1 })
    expect([list.code, inspect.code, check.code]).toEqual([0, 0, 0])
  })

  it('is scored by the rules of the suite that it names', async ({ expect }) => {
    const { code, out } = await run('eval', 'mydata', '--baseline', 'prior', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ mIoU: expect.any(Number), 'R1@0.5': expect.any(Number) })
    const counts = await run('eval', 'counts', '--baseline', 'prior', '--json')
    expect(JSON.parse(counts.out)).toMatchObject({ OBO: 100, MAE: 0 })
  })

  it('goes through an agent and keeps its name; a copy of its video among the evaluation is refused', async ({
    expect,
  }) => {
    const looked = await run(
      ...[
        'dea',
        '--dataset',
        'mydata',
        '--split',
        'test',
        '--model',
        model,
        '--threads',
        '1',
        '--frames',
        '4',
      ],
      ...['--run', 'run', '--set', 'rollouts=2'],
    )
    expect(looked.err).not.toMatch(/problem|unknown/)
    expect(looked.code).toBe(0)
    const leak = await run('curate', '--run', 'run', '--evaluation', 'copies:test', '--count', '1')
    expect(leak.code).toBe(2)
    expect(leak.err).toMatch(/copies test: shares the video \S*good\.mp4 with the samples to curate/)
    const { code } = await run('curate', '--run', 'run', '--count', '1', '--json')
    expect(code).toBe(0)
    const [line] = readFileSync(join(root, 'run', 'curated', 'train.jsonl'), 'utf8').split('\n')
    expect(JSON.parse(line!)).toMatchObject({ dataset: 'mydata', split: 'test' })
  }, 180_000)

  it.for([
    [
      ['eval', 'wrong', '--baseline', 'prior'],
      /datasets\.wrong\.suite: no suite is configured for it; add "suite"/,
    ],
    [['bra', '--dataset', 'wrong'], /wrong\.csv:2: unknown field "Start": did you mean start\?/],
    [['dea', '--dataset', 'mydat'], /--dataset mydat: no such dataset; did you mean mydata\?/],
    [
      ['dea', '--dataset', 'qqq'],
      /--dataset qqq: no such dataset; add "qqq" to "datasets" in spanwise\.config\.json, or use one that "\S+ \S+ spanwise datasets list" names/,
    ],
    [
      ['eval', 'elsewhere', '--model', 'x'],
      /eval elsewhere: is neither a suite nor a dataset in the configuration; use one of charades, .*; or add "elsewhere"/,
    ],
    [['eval', 'charade', '--modell', 'x'], /eval charade: .*; did you mean charades\?/],
    [
      ['datasets', 'inspect', 'mydata', '--split', 'valid'],
      /mine: holds no valid\.jsonl .*, or choose another --split/,
    ],
    [
      ['train', 'sft', '--dataset', 'mydata'],
      /runs\/mydata\/curated: does not exist; write it with "\S+ \S+ spanwise curate"/,
    ],
  ] as const)('%j is refused in one line', async ([args, message], { expect }) => {
    const { code, out, err } = await run(...args)
    expect(err).toMatch(/^spanwise: [^\n]+\n$/)
    expect(err).toMatch(message)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
})

describe.concurrent('a configuration', () => {
  it.for([
    [{ mine: { annotations: 'x' } }, /datasets\.mine: not a published dataset: set its "format"/],
    [
      { charades: { annotations: 'x', format: 'csv' } },
      /datasets\.charades is the name of a published dataset/,
    ],
    [{ mine: { annotations: 'x', format: 'xml' } }, /datasets\.mine\.format: expected one of /],
    [{ 'a b': { annotations: 'x', format: 'csv' } }, /a name has letters, digits/],
    [{ mine: { annotations: '', format: 'csv' } }, /datasets\.mine\.annotations is empty/],
  ] as const)('with %j is refused in plain words', async ([datasets, message], { expect }) => {
    const place = await workplace('own-config')
    writeFileSync(join(place, 'spanwise.config.json'), `\ufeff${JSON.stringify({ datasets })}`)
    const { code, err } = await spanwiseHere(place, 'datasets', 'inspect', 'mine')
    expect(err).toMatch(message)
    expect(code).toBe(2)
    rmSync(place, { recursive: true })
  })

  it.for([
    ['a folder', (file: string) => mkdirSync(file), /spanwise\.config\.json: cannot be read \(EISDIR\); /],
    [
      'UTF-16',
      (file: string) => writeFileSync(file, Buffer.from('\ufeff{}', 'utf16le')),
      /spanwise\.config\.json: is UTF-16 or UTF-32 text; save it as UTF-8/,
    ],
  ] as const)('that is %s is refused in one line', async ([, make, message], { expect }) => {
    const place = folderOf({})
    make(join(place, 'spanwise.config.json'))
    for (const words of [['dea'], ['eval', 'mine', '--baseline', 'prior']]) {
      const { code, err } = await spanwiseHere(place, ...words)
      expect(err).toMatch(/^spanwise: [^\n]+\n$/)
      expect(err).toMatch(message)
      expect(code).toBe(2)
    }
    rmSync(place, { recursive: true })
  })
})

describe('own data with rows that cannot be used', () => {
  it('is reported by check, and once by a command that reads it twice', async () => {
    const { code, out, err } = await run('datasets', 'check', 'partly')
    expect(out).toMatch(/^2 of 3 rows cannot be used: see ".* datasets inspect partly"\n1 video: 1 correct, /)
    expect(err).toMatch(
      /spanwise: \S*partly\.jsonl:2: unknown field "caption": did you mean query\?; [^\n]+\n$/,
    )
    expect(code).toBe(2)
    const { err: warnings } = await run(
      ...['folds', 'plan', '--agent', 'dea', '--dataset', 'partly', '--split', 'all', '--model', model],
    )
    expect(warnings.match(/partly\.jsonl:2: .* \(the row is left out\)/g)).toHaveLength(1)
    expect(warnings.match(/partly\.jsonl:3: /g)).toHaveLength(1)
  })
})

describe('a file of samples with its videos', () => {
  it('trains without any dataset, in a run of its name', async () => {
    const place = await workplace('own-samples')
    writeRows(join(place, 'kitchen.jsonl'), [
      {
        ...row('good.mp4', 'a red circle'),
        ...{ id: '1', dataset: 'any', split: 'train', task: 'grounding', file: 'good.mp4' },
      },
    ])
    const sft = (...words: ReadonlyArray<string>) =>
      spanwiseHere(
        place,
        ...['train', 'sft', '--data', 'kitchen.jsonl', '--model', model, '--json'],
        ...words,
      )
    const alone = await sft('--plan')
    expect([alone.code, alone.err]).toEqual([
      2,
      expect.stringMatching(/--dataset: none is given.*; use --videos DIR, or use/),
    ])
    const { code, out } = await sft('--videos', 'videos', '--steps', '1', '--frames', '4', '--threads', '1')
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { steps: 1, model: expect.stringMatching(/^runs\/kitchen-sft\//) },
    ])
    // A training that was stopped before its first step has no curves.
    rmSync(join(place, 'runs/kitchen-sft/metrics.jsonl'))
    const { code: refused, err } = await spanwiseHere(place, 'report', '--run', 'runs/kitchen-sft')
    expect([refused, err]).toEqual([
      2,
      expect.stringMatching(/is a training that has not finished a step yet; run the report/),
    ])
    rmSync(place, { recursive: true })
  })
})
