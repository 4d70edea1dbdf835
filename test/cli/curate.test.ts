import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultServer, startFaultServer } from '../support/fault-server.ts'
import { spanwiseHere } from './command-line.ts'
import { row, workplace, writeRows } from './workplace.ts'

let root = ''
let server: FaultServer
const at = (...parts: ReadonlyArray<string>) => join(root, ...parts)
const run = (...words: ReadonlyArray<string>) => spanwiseHere(root, ...words)
const dea = (annotations: string, folder: string, ...more: ReadonlyArray<string>) =>
  run(
    ...['dea', '--dataset', 'jsonl', '--annotations', annotations, '--videos', 'videos', '--run', folder],
    ...['--set', 'rollouts=1', '--frames', '4', '--cache', 'off', '--backend', 'openai', '--preset', 'vllm'],
    ...['--base-url', server.url, '--model', 'model', ...more],
  )
const curate = (...words: ReadonlyArray<string>) => run('curate', '--run', 'run', ...words)
const json = (...path: ReadonlyArray<string>) => JSON.parse(readFileSync(at(...path), 'utf8'))

beforeAll(async () => {
  root = await workplace('curate')
  server = await startFaultServer({
    reply: () => ({ message: { role: 'assistant', content: '<answer>1.0 to 4.0</answer>' } }),
    script: () => ({ kind: 'answer' }),
  })
  for (const name of ['rows', 'gone']) mkdirSync(at(name))
  writeRows(at('rows', 'train.jsonl'), [row('good.mp4', 'one'), row('good.mp4', 'two', [3.7, 6.7])])
  writeRows(at('gone', 'train.jsonl'), [row('gone.mp4', 'one')])
  writeFileSync(at('file'), 'in the way')
  expect((await dea('rows', 'run', '--set', 'easy=0.2', '--set', 'hard=0.8')).code).toBe(0)
  expect((await dea('gone', 'none')).code).toBe(3)
})
afterAll(async () => {
  await server.kill()
  rmSync(root, { recursive: true })
})

describe('spanwise curate', () => {
  it.each([
    ['--mean', '30', 'from 0 to 1'],
    ['--mean', '-0.1', 'from 0 to 1'],
    ['--deviation', '20', 'from 0.001 to 1'],
    ['--deviation', '1e-300', 'from 0.001 to 1'],
    ['--share', '10', 'at most 1'],
    ['--evaluation', ':test', '--evaluation :test: is not the name of a dataset and of a split'],
    ['--evaluation', 'charades:', '--evaluation charades:: is not the name'],
    ['--evaluation', 'charades:test:x', '--evaluation charades:test:x: is not the name'],
    ['--evaluation', 'charade:test', '--evaluation charade:test: no such dataset; did you mean charades?'],
    ['--evaluation', 'charades:tset', '--evaluation charades:tset: charades has train, test'],
    ['--evaluation', 'charades', /charades.*is not set; add "charades" to "datasets"/],
    ['--evaluation', 'shapes', /--evaluation shapes: the included shapes dataset has train, valid;/],
    ['--out', 'file/x', /spanwise: file\/x\S*: cannot be \w+ \(ENOTDIR\); move .* another folder\n$/],
  ])('refuses %s %s before it writes anything', async (flag, value, message) => {
    const { code, err } = await curate(flag, value)
    expect([code, err]).toEqual([
      2,
      typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
    ])
    expect([existsSync(at('run', 'curated')), existsSync(at('runs'))]).toEqual([false, false])
  })

  it('takes a mean of 0, and the bounds of bands from the difficulty estimation', async () => {
    const { code } = await curate('--mean', '0', '--out', 'zero', '--share', '1')
    expect(code).toBe(0)
    expect(json('zero', 'curation.json').selection).toMatchObject({
      mean: 0,
      bounds: { easy: 0.2, hard: 0.8 },
    })
  })

  it('begins again in a folder that a killed process had just claimed', async () => {
    mkdirSync(at('claimed'))
    writeFileSync(at('claimed', 'curation.json.0123abcd.tmp'), '{"act":')
    expect((await curate('--out', 'claimed')).code).toBe(0)
    writeFileSync(at('claimed', 'mine.txt'), 'of the user')
    const other = await curate('--out', 'claimed', '--select', 'random')
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('use --replace to overwrite it')])
    expect((await curate('--out', 'claimed', '--select', 'random', '--replace')).code).toBe(0)
    expect(existsSync(at('claimed', 'mine.txt'))).toBe(true)
  })

  it('keeps curations of one name in different folders apart', async () => {
    for (const [folder, count] of [
      ['run/same', '1'],
      ['a/same', '2'],
      ['b/same', '1'],
    ] as const)
      expect((await curate('--out', folder, '--count', count)).code).toBe(0)
    const grouped = await run(
      ...[
        'query',
        "SELECT selection, count(*) FILTER (selected) AS n FROM curated WHERE selection LIKE '%same' GROUP BY ALL ORDER BY n, selection",
        '--run',
        'run',
        '--json',
      ],
    )
    expect(JSON.parse(grouped.out).rows).toEqual([
      { selection: at('b', 'same'), n: 1 },
      { selection: 'same', n: 1 },
      { selection: at('a', 'same'), n: 2 },
    ])
  })

  it('says that nothing is left to train on, with exit code 3, and keeps the reasons', async () => {
    const { code, err } = await run('curate', '--run', 'none', '--select', 'random')
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/curated: contains no sample to train on: of 1, 1 reject; the reasons are in/),
    ])
    expect(existsSync(at('none', 'curated', 'decisions.parquet'))).toBe(true)
    const data = ['--data', 'none/curated', '--videos', 'videos', '--run', 'trained']
    const trained = await run('train', 'sft', ...data)
    expect([trained.code, trained.err]).toEqual([2, expect.stringContaining('select some with')])
  })
})
