import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultServer, startFaultServer } from '../support/fault-server.ts'
import { spanwiseHere } from './command-line.ts'
import { row, workplace, writeRows } from './workplace.ts'

let root = ''
let server: FaultServer
beforeAll(async () => {
  root = await workplace('splits')
  mkdirSync(join(root, 'rows'))
  server = await startFaultServer({
    reply: () => ({ message: { role: 'assistant', content: '<answer>1.0 to 4.0</answer>' } }),
  })
})
afterAll(async () => {
  await server.kill()
  rmSync(root, { recursive: true })
})

const write = (split: string, rows: ReadonlyArray<readonly [id: string, start: number, end: number]>) =>
  writeRows(
    join(root, 'rows', `${split}.jsonl`),
    rows.map(([id, start, end]) => ({ ...row('good.mp4', `query ${id}`, [start, end]), id })),
  )
const run = async (...args: ReadonlyArray<string>) => {
  const ran = await spanwiseHere(root, ...args)
  expect([ran.code, ran.err]).toEqual([0, expect.any(String)])
  return JSON.parse(ran.out)
}
const dea = (folder: string, split: string, ...more: ReadonlyArray<string>) =>
  run(
    ...['dea', '--dataset', 'jsonl', '--split', split, '--annotations', 'rows', '--videos', 'videos'],
    ...['--run', folder, '--set', 'rollouts=1', '--frames', '4', '--cache', 'off', '--json'],
    ...['--backend', 'openai', '--base-url', server.url, '--model', 'model', '--preset', 'vllm', ...more],
  )
const curate = async (folder: string, ...more: ReadonlyArray<string>) => {
  const summary = await run(
    ...['curate', '--run', folder, '--select', 'random', '--share', '1', '--json', ...more],
  )
  return readFileSync(join(root, summary.out, 'train.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; split: string; windows: unknown })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
const counts = async (folder: string) =>
  (
    await run(
      ...['query', 'SELECT split, count(*) AS n FROM difficulty_estimation GROUP BY ALL ORDER BY ALL'],
      ...['--run', folder, '--json'],
    )
  ).rows.map((counted: object) => Object.values(counted))

describe('what is done depends on the split, and curation takes what is planned now', () => {
  it('two splits in one run keep their verdicts apart, and only one is curated', async () => {
    write('train', [
      ['a', 1, 4],
      ['b', 2, 5],
    ])
    write('valid', [
      ['v', 1, 4],
      ['w', 1, 3],
    ])
    await dea('both', 'train')
    const before = server.requests()
    await dea('both', 'valid')
    expect(server.requests()).toBe(before + 2)
    // What is done stays done, in whatever order the splits come again.
    expect(await dea('both', 'train')).toMatchObject({ planned: 2, done: 2 })
    expect(await dea('both', 'valid')).toMatchObject({ planned: 2, done: 2 })
    expect(server.requests()).toBe(before + 2)
    expect(await counts('both')).toEqual([
      ['train', 2],
      ['valid', 2],
    ])
    expect((await curate('both')).map(({ id, split }) => [id, split])).toEqual([
      ['a', 'train'],
      ['b', 'train'],
    ])
    const valid = await curate('both', '--split', 'valid', '--out', join('both', 'held-out'))
    expect(valid.map(({ id, split }) => [id, split])).toEqual([
      ['v', 'valid'],
      ['w', 'valid'],
    ])
    const status = await run('folds', 'status', '--run', 'both', '--json')
    expect(
      status.agents.map(({ split, total }: { split: string; total: object }) => [split, total]),
    ).toMatchObject([
      ['train', { planned: 2, done: 2 }],
      ['valid', { planned: 2, done: 2 }],
    ])
  })

  it('a corrected annotation replaces the old one, a removed row goes, and the others are not asked again', async () => {
    write('train', [
      ['a', 1, 4],
      ['b', 2, 5],
      ['c', 3, 6],
    ])
    await dea('corrected', 'train')
    const before = server.requests()
    write('train', [
      ['a', 1, 4],
      ['b', 2, 7],
      ['d', 4, 6],
      ['e', 5, 6],
    ])
    await dea('corrected', 'train')
    expect(server.requests()).toBe(before + 3)
    expect((await curate('corrected')).map(({ id, windows }) => [id, windows])).toEqual([
      ['a', [[1, 4]]],
      ['b', [[2, 7]]],
      ['d', [[4, 6]]],
      ['e', [[5, 6]]],
    ])
    expect(await counts('corrected')).toEqual([['train', 4]])
    // Another cut of what is planned now brings nothing back.
    await dea('corrected', 'train', '--fold-size', '3', '--fold', '0')
    expect(await counts('corrected')).toEqual([['train', 4]])
    const plan = await run(
      ...['folds', 'plan', '--agent', 'dea', '--dataset', 'jsonl', '--split', 'train', '--annotations'],
      ...['rows', '--videos', 'videos', '--run', 'corrected', '--fold-size', '2', '--json'],
    )
    expect(plan).toMatchObject({ planned: 4, todo: 0 })
  })
})
