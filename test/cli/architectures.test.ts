import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { folderOf } from '../engine/goldens.ts'
import { spanwiseHere } from './command-line.ts'
import { row, model as tied, workplace, writeRows } from './workplace.ts'

let root = ''
beforeAll(async () => {
  root = await workplace('architectures')
  writeRows(join(root, 'train.jsonl'), [row('good.mp4', 'the screen is bright')])
  const sample = {
    id: 'one',
    dataset: 'mine',
    split: 'train',
    task: 'grounding',
    video: 'good',
    file: 'good.mp4',
  }
  const rest = { query: 'the screen is bright', windows: [[1, 4]], duration: 10 }
  const curation = { difficulty: 0.9, band: 'hard', weight: 1 }
  writeFileSync(join(root, 'curated.jsonl'), `${JSON.stringify({ ...sample, ...rest, curation })}\n`)
})
afterAll(() => rmSync(root, { recursive: true }))

const command = async (model: string, ...args: ReadonlyArray<string>) => {
  const outcome = await spanwiseHere(root, ...args, '--model', model)
  expect(outcome, outcome.err).toMatchObject({ code: 0 })
  return outcome
}

describe('score --sampling transformers', () => {
  it.each([
    // 40 frames at 4 a second: 20 from end to end, and the starts of 20 pieces.
    [tied, [0, 2, 4, 6, 8], 39],
    [folderOf('qwen2vl/qwen2.5-vl'), [0, 2, 4, 6, 8], 38],
  ] as const)('takes the frames that the processor of %s takes', async (model, first, last) => {
    const { out } = await command(
      model,
      ...['score', '--video', join(root, 'videos', 'good.mp4'), '--query', 'x', '--completion', 'y'],
      ...['--sampling', 'transformers', '--threads', '1', '--json'],
    )
    const { times } = JSON.parse(out) as { readonly times: ReadonlyArray<number> }
    expect(times).toHaveLength(20)
    expect(times.slice(0, 5).map((time) => Math.round(4 * time))).toEqual(first)
    expect(Math.round(4 * times.at(-1)!)).toBe(last)
  })
})

describe('with folders of Qwen2.5-VL and Qwen2-VL', () => {
  const [newer, older] = [folderOf('qwen2vl/qwen2.5-vl'), folderOf('qwen2vl/qwen2-vl')]

  it.each([newer, older])(
    'score gives a log-probability for each token, at sizes that are multiples of 28: %s',
    async (model) => {
      const asked = ['--query', 'the screen is bright', '--completion', '1.0 to 4.0', '--json']
      const { out } = await command(model, 'score', '--video', join(root, 'videos', 'good.mp4'), ...asked)
      const { width, height, frames, tokens, total } = JSON.parse(out)
      expect([width % 28, height % 28, frames]).toEqual([0, 0, 20])
      expect(tokens.every(({ logProb }: { logProb: number }) => logProb < 0)).toBe(true)
      expect(Number.isFinite(total)).toBe(true)
    },
  )

  it('dea judges each sample', async () => {
    const data = ['--annotations', join(root, 'train.jsonl'), '--videos', join(root, 'videos')]
    const { out, err } = await command(
      newer,
      'dea',
      '--dataset',
      'jsonl',
      ...data,
      '--run',
      join(root, 'dea'),
    )
    expect(out + err).toContain('1 of 1 done')
  })

  it('train sft writes a checkpoint of the same tensors', async () => {
    const data = ['--data', join(root, 'curated.jsonl'), '--videos', join(root, 'videos')]
    await command(
      older,
      'train',
      'sft',
      ...data,
      '--run',
      join(root, 'sft'),
      '--steps',
      '1',
      '--learning-rate',
      '0.01',
    )
    const read = (folder: string) => Effect.runPromise(readCheckpoint(folder))
    const before = await read(older)
    const after = await read(join(join(root, 'sft'), 'checkpoints', 'step-000001', 'model'))
    expect(after.stored).toEqual(before.stored)
    expect(after.shards).toEqual(before.shards)
    expect(after.tensors).not.toEqual(before.tensors)
  })
})
