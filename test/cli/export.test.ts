import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hubNameOf } from '../../pipelines/export/model-card.ts'
import { jsonLinesToParquet, openDatabase } from '../../store/index.ts'
import { wandbSink } from '../../trainer/sinks/wandb.ts'
import { spanwiseHere } from './command-line.ts'
import { contents, model, row, workplace, writeRows } from './workplace.ts'

let root = ''
const at = (...parts: ReadonlyArray<string>) => join(root, ...parts)
const run = (...words: ReadonlyArray<string>) => spanwiseHere(root, ...words)
const train = (...more: ReadonlyArray<string>) =>
  run(
    ...['train', 'sft', '--data', at('train.jsonl'), '--videos', at('videos'), '--run', at('run')],
    ...['--model', model, '--threads', '1', '--frames', '4', '--json', '--set', 'checkpointEvery=1', ...more],
  )

beforeAll(async () => {
  root = await workplace('export')
  writeRows(at('train.jsonl'), [
    {
      ...{ ...row('good.mp4', 'a red circle'), id: 'a', dataset: 'jsonl', split: 'train' },
      ...{ task: 'grounding', file: 'good.mp4' },
    },
  ])
})
afterAll(() => rmSync(root, { recursive: true }))

/** Fields of a protobuf message by number: whole numbers, or bytes for nested ones and text. */
const fields = (bytes: Uint8Array): ReadonlyArray<readonly [number, Uint8Array | number]> => {
  const reader = new BinaryReader(bytes)
  const found: Array<readonly [number, Uint8Array | number]> = []
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    const wire: WireType = type
    found.push([
      field,
      wire === 0
        ? Number(reader.int64())
        : wire === 1
          ? reader.double()
          : wire === 5
            ? reader.float()
            : reader.bytes(),
    ])
  }
  return found
}
const all = (bytes: Uint8Array, field: number) =>
  fields(bytes).flatMap(([one, value]) => (one === field ? [value] : []))
const nested = (bytes: Uint8Array, field: number) => all(bytes, field) as ReadonlyArray<Uint8Array>
const text = (bytes: Uint8Array, field: number) => Buffer.from(nested(bytes, field)[0] ?? []).toString()

/** Figures of the event files below a folder, as TensorBoard names them, and the versions and starts they state. */
const events = (folder: string) =>
  readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const bytes = readFileSync(join(folder, name))
      const found: Array<string> = []
      for (let from = 0; from < bytes.length; ) {
        const size = Number(bytes.readBigUInt64LE(from))
        const event = bytes.subarray(from + 12, from + 12 + size)
        from += 16 + size
        const step = all(event, 2)[0]
        if (text(event, 3) !== '') found.push(text(event, 3))
        if (nested(event, 7).length > 0) found.push(`start ${step}`)
        for (const value of nested(event, 5).flatMap((summary) => nested(summary, 1)))
          found.push(`${step} ${text(value, 1)} ${Number.isFinite(all(value, 2)[0])}`)
      }
      return found
    })

/** Records of a log of W&B, each fragment's checksum verified: history as `step name=json`, others by their field. */
const offlineRun = (file: string) => {
  const bytes = readFileSync(file)
  expect(bytes.subarray(0, 7)).toEqual(Buffer.from(':W&B\xe1\xbe\0', 'latin1'))
  const found: Array<string> = []
  let content = Buffer.alloc(0)
  for (let from = 7; from + 7 <= bytes.length; ) {
    const left = 32768 - (from % 32768)
    if (left < 7) {
      from += left
      continue
    }
    const [size, kind] = [bytes.readUInt16LE(from + 4), bytes[from + 6]!]
    const piece = bytes.subarray(from + 7, from + 7 + size)
    expect(bytes.readUInt32LE(from)).toBe(crc32(piece, crc32(Buffer.from([kind]))))
    from += 7 + size
    content = Buffer.concat([content, piece])
    if (kind !== 1 && kind !== 4) continue
    const [, [field, value]] = fields(content) as [unknown, readonly [number, Uint8Array]]
    found.push(
      field === 2
        ? nested(value, 1)
            .map((item) => `${text(item, 2)}=${text(item, 16)}`)
            .join(' ')
        : field === 17
          ? `run ${text(value, 3)} ${nested(value, 4)
              .flatMap((config) => nested(config, 1))
              .map((item) => text(item, 1))
              .join(' ')}`
          : String(field),
    )
    content = Buffer.alloc(0)
  }
  return found
}

describe('a training', () => {
  it('writes its figures for TensorBoard and W&B, goes on after a stop, and becomes a folder for the hub', async () => {
    expect((await train('--steps', '2', '--tensorboard', '--wandb')).code).toBe(0)
    const said = events(at('run', 'tensorboard'))
    expect(said.slice(0, 2)).toEqual(['brain.Event:2', 'start 0'])
    for (const figure of ['0 train/loss true', '1 train/loss true', '1 train/seconds/update true'])
      expect(said).toContain(figure)
    const folder = readdirSync(at('run', 'wandb'))[0]!
    expect(folder).toMatch(/^offline-run-\d{8}_\d{6}-[0-9a-f]{8}$/)
    const id = folder.slice(-8)
    const records = offlineRun(at('run', 'wandb', folder, `run-${id}.wandb`))
    expect(records[0]).toBe('21')
    expect(records[1]).toMatch(/^run spanwise .*options/)
    expect(records.at(-1)).toBe('18')
    const history = records.filter((record) => record.includes('train/loss='))
    expect(history.map((record) => /_step=(\d+)/.exec(record)![1])).toEqual(['0', '1'])
    const rows = readFileSync(at('run', 'metrics.jsonl'), 'utf8').trim().split('\n')
    expect(history[1]).toContain(`train/loss=${JSON.parse(rows[1]!).loss} `)

    const { code, out } = await run('export', 'hub', at('run'), '--out', at('hub', 'mine'), '--json')
    expect(code).toBe(0)
    const exported = JSON.parse(out)
    expect(exported).toMatchObject({
      kind: 'model',
      command: expect.stringContaining('hf upload OWNER/mine'),
    })
    expect(exported.files).toEqual(
      [
        ...readdirSync(at('run', 'checkpoints', 'step-000002', 'model')),
        'README.md',
        'metrics.parquet',
      ].toSorted(),
    )
    const card = readFileSync(at('hub', 'mine', 'README.md'), 'utf8')
    expect(card).toMatch(/^---\nlibrary_name: transformers\n/)
    expect(card).toContain('after 2 steps of supervised fine-tuning on 1 samples')
    expect(card).not.toContain(root)
    const weights = (place: string) => contents(place)['/model.safetensors']
    expect(weights(at('hub', 'mine'))).toBe(weights(at('run', 'checkpoints', 'step-000002', 'model')))
    const losses = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const database = yield* openDatabase(':memory:')
          return yield* database.rows(`SELECT step, loss FROM '${at('hub', 'mine', 'metrics.parquet')}'`)
        }),
      ),
    )
    expect(losses.map(({ loss }) => loss)).toEqual(rows.map((line) => JSON.parse(line).loss))

    const before = contents(at('hub'))
    mkdirSync(at('broken'))
    writeFileSync(at('broken', 'run.json'), '{"kind": "sft"')
    for (const [words, says] of [
      [[at('broken'), '--out', at('hub', 'b')], /broken\/run\.json: is not the record of a training/],
      [[at('run'), '--out', at('hub', 'mine')], /mine: exists already/],
      [
        [at('run'), '--out', at('hub', 'b'), '--checkpoint', 'step-9'],
        /no such checkpoint; choose one of step-/,
      ],
      [[at('videos'), '--out', at('hub', 'b')], /videos: is neither a curated dataset/],
    ] as const) {
      const refused = await run('export', 'hub', ...words)
      expect(refused.err).toMatch(/^spanwise: [^\n]+\n$/)
      expect(refused.err).toMatch(says)
      expect(refused.code).toBe(2)
      expect(contents(at('hub'))).toEqual(before)
    }
  })

  it('cuts long records of W&B into blocks', () => {
    const sink = wandbSink({ folder: at('long'), settings: {}, environment: { WANDB_PROJECT: 'mine' } })
    const figures = Array.from({ length: 3000 }, (_, i) => [`a long name of a figure ${i}`, i] as const)
    for (let step = 0; step < 20; step++) sink.write(step, figures.slice(0, 150 * step))
    sink.close()
    const [folder] = readdirSync(at('long', 'wandb'))
    const records = offlineRun(at('long', 'wandb', folder!, `run-${folder!.slice(-8)}.wandb`))
    expect(records[1]).toBe('run mine ')
    const history = records.filter((record) => record.includes('_step='))
    expect(history).toHaveLength(20)
    expect(history[19]!.split('a long name').length - 1).toBe(2850)
  })
})

it('a curated dataset becomes a folder for the hub with its card and Parquet', async () => {
  const curated = at('curated')
  mkdirSync(curated)
  writeFileSync(join(curated, 'README.md'), '---\nlicense: other\n---\n# mine\n')
  writeFileSync(join(curated, 'curation.log'), 'not for others')
  writeRows(join(curated, 'train.jsonl'), [{ step: 0, query: 'a' }])
  await Effect.runPromise(jsonLinesToParquet(join(curated, 'train.jsonl'), join(curated, 'train.parquet')))
  const { code, out } = await run('export', 'hub', curated, '--out', at('dataset'), '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    kind: 'dataset',
    files: ['README.md', 'train.jsonl', 'train.parquet'],
    command: expect.stringMatching(/ --repo-type dataset$/),
  })
  expect(existsSync(at('dataset', 'train.parquet'))).toBe(true)
  const refused = await run('export', 'hub', curated, '--out', at('d2'), '--checkpoint', 'step-1')
  expect([refused.code, existsSync(at('d2'))]).toEqual([2, false])
})

it.each([
  ['Qwen/Qwen3-VL-2B-Instruct', 'Qwen/Qwen3-VL-2B-Instruct'],
  ['/home/me/hub/models--Qwen--Qwen3-VL-2B-Instruct/snapshots/abc', 'Qwen/Qwen3-VL-2B-Instruct'],
  ['/data/models/mine', null],
  ['checkpoints', null],
  ['checkpoints/shapes-base', null],
])('the hub knows %s as %s', (folder, name) => {
  expect(hubNameOf(folder)).toBe(name)
})
