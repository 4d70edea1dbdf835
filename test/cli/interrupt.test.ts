import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entry, spanwiseHere } from './command-line.ts'
import { contents, model, row, workplace, writeRows } from './workplace.ts'

let root = ''
beforeAll(async () => {
  root = await workplace('interrupt')
  mkdirSync(join(root, 'rows'))
  writeRows(
    join(root, 'rows', 'test.jsonl'),
    Array.from({ length: 60 }, (_, i) => row('good.mp4', `query ${i}`)),
  )
  writeRows(join(root, 'train.jsonl'), [
    {
      ...row('good.mp4', 'a red circle'),
      ...{ id: 'a', dataset: 'jsonl', split: 'train', task: 'grounding', file: 'good.mp4' },
      curation: { difficulty: 0.5, band: 'medium', weight: 1 },
    },
  ])
})
afterAll(() => rmSync(root, { recursive: true }))

const common = ['--videos', 'videos', '--model', model, '--threads', '1', '--frames', '4', '--json']
const bra = (run: string) => [
  ...['bra', '--dataset', 'jsonl', '--split', 'test', '--annotations', 'rows', '--run', run],
  ...common,
]
const sft = (run: string) => [
  ...['train', 'sft', '--data', 'train.jsonl', '--run', run, '--steps', '40'],
  ...['--set', 'batch=1', '--set', 'checkpointEvery=0'],
  ...common,
]

const finish = (args: ReadonlyArray<string>) => spanwiseHere(root, ...args)

/** Starts the command, sends SIGINT once `file` has three lines, and waits for the end. */
const interrupted = async (args: ReadonlyArray<string>, file: string) => {
  const child = spawn(process.execPath, [entry, ...args], { cwd: root, stdio: 'ignore' })
  let code: number | null | undefined
  const ended = new Promise<void>((resolve) => {
    child.on('close', (status) => {
      code = status
      resolve()
    })
  })
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0)
  while (code === undefined && lines() < 3) await sleep(5)
  const sent = performance.now()
  child.kill('SIGINT')
  await ended
  return { code, seconds: (performance.now() - sent) / 1000 }
}

describe('SIGINT ends with exit code 130 within 5 s, and the same command goes on from there', () => {
  it('in an agent: the verdicts are those of a run never stopped', async () => {
    const fold = join('boundary-reflection', 'fold-00000000-00000060')
    const { code, seconds } = await interrupted(bra('stopped'), join(root, 'stopped', fold, 'journal.jsonl'))
    expect(code).toBe(130)
    expect(seconds).toBeLessThan(5)
    const again = await finish(bra('stopped'))
    expect(again.code).toBe(0)
    expect(JSON.parse(again.out)).toMatchObject({ planned: 60, done: 60, failed: 0 })
    await finish(bra('whole'))
    const parts = (run: string) =>
      Object.entries(contents(join(root, run))).filter(([name]) => name.endsWith('.parquet'))
    expect(parts('stopped')).toEqual(parts('whole'))
    expect(parts('whole')).toHaveLength(1)
  })

  it('in training: the weights are those of a run never stopped', async () => {
    const { code, seconds } = await interrupted(sft('broken'), join(root, 'broken', 'metrics.jsonl'))
    expect(code).toBe(130)
    expect(seconds).toBeLessThan(5)
    const again = JSON.parse((await finish(sft('broken'))).out)
    expect(again.resumedFrom).toBeGreaterThanOrEqual(3)
    expect(again.steps).toBe(40)
    await finish(sft('straight'))
    const weights = (run: string) => contents(join(root, run, 'checkpoints', 'step-000040', 'model'))
    expect(weights('broken')).toEqual(weights('straight'))
  })
})
