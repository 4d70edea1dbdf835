import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settingsOf } from '../../cli/settings.ts'
import { spanwiseHere } from './command-line.ts'
import { writeRows } from './workplace.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'spanwise-settings-'))
  mkdirSync(join(root, 'rows'))
  writeRows(join(root, 'rows', 'train.jsonl'), [{ video: 'a.mp4', query: 'a query', windows: [[0, 1]] }])
})
afterAll(() => rmSync(root, { recursive: true }))

const parse = (...texts: ReadonlyArray<string>) => Effect.runSync(Effect.result(settingsOf(texts)))
const dea = ['dea', '--dataset', 'jsonl', '--annotations', 'rows', '--run', 'run']
const folds = ['folds', 'run', '--agent', 'dea', ...dea.slice(1)]

const refused: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
  [[...dea, '--set', '__proto__.rollouts=3'], /--set __proto__\.rollouts=3: .* is not a setting/],
  [[...dea, '--set', 'rollouts=2', '--set', 'rollouts.x=2'], /"rollouts" already has a value/],
  [['train', 'sft', '--data', 'x', '--set', 'constructor.prototype.steps=3'], /is not a setting/],
  [[...folds, '--option', '__proto__.env=PATH'], /--option __proto__\.env=PATH: .* is not a setting/],
  [['train', 'sft', '--data', 'x', '--gpus', '2'], /--gpus: is for training with TRL.*; add --engine trl/],
  [['train', 'sft', '--data', 'x', '--host', '0.0.0.0'], /--host: is for training with TRL/],
  [['train', 'sft', '--data', 'x', '--set', 'engine.packing=false'], /--set engine: is for training with/],
  [['train', 'sft', '--data', 'x', '--lora-alpha', '8'], /--lora-alpha: scales adapters.*; add --lora-rank/],
  [
    ['folds', 'status', '--run', 'run', '--prometheus', '99999'],
    /--prometheus: "99999".*a port from 0 to 65535/,
  ],
  [
    ['train', 'sft', '--data', 'x', '--engine', 'trl', '--port', '70000'],
    /--port: "70000".*a port from 0 to 65535/,
  ],
  [['folds', 'status', '--run', 'run', '--prometheus', '-1'], /--prometheus: "-1".*a port from 0 to 65535/],
]

describe('a value of the configuration', () => {
  it.for([
    [{ default: 'nope' }, /^spanwise: "default" in the configuration \(nope\): no such dataset; /],
    [
      { default: 'jsonl', model: 'nope' },
      /^spanwise: "model" in the configuration \(nope\): no such folder; /,
    ],
    [
      { default: 'jsonl', model: 'small', models: { small: { name: 'nobody/nothing' } } },
      /^spanwise: "models\.small" in the configuration \(nobody\/nothing\): is neither a folder nor /,
    ],
    [{ default: 'jsonl', agents: { dea: { rollouts: 0 } } }, /^spanwise: dea setting "rollouts": /],
    [{ agents: { bar: {} } }, /spanwise\.config\.json.*agents.*bar/],
  ] as const)('is refused by its name there: %j', async ([config, says]) => {
    const folder = mkdtempSync(join(tmpdir(), 'spanwise-configured-'))
    writeFileSync(join(folder, 'spanwise.config.json'), JSON.stringify(config))
    const { code, out, err } = await spanwiseHere(
      folder,
      'dea',
      '--annotations',
      join(root, 'rows'),
      '--run',
      'run',
    )
    expect(err).toMatch(says)
    expect([code, out]).toEqual([2, ''])
    rmSync(folder, { recursive: true })
  })
})

describe('settings by name', () => {
  it.for(refused)('are refused in one line, and nothing is made: %j', async ([words, says]) => {
    const { code, out, err } = await spanwiseHere(root, ...words)
    expect(err).toMatch(/^spanwise: [^\n]+\n$/)
    expect(err).toMatch(says)
    expect([code, out]).toEqual([2, ''])
    expect(readdirSync(root)).toEqual(['rows'])
  })

  it.for([
    ['__proto__=1'],
    ['a.__proto__.b=1'],
    ['prototype.a=1'],
    ['a=1', 'a=2'],
    ['a.b=1', 'a=2'],
    ['a=[1]', 'a.b=2'],
    ['a=null', 'a.b=2'],
    ['a..b=1'],
    ['=1'],
    ['a'],
  ])('cannot be %j', (texts) => {
    expect(parse(...texts)._tag).toBe('Failure')
    expect(({} as Record<string, unknown>).b).toBeUndefined()
  })

  it('become nested objects, also by names that every object has', () => {
    expect(parse('a=1', 'mask.start=0.5', 'mask.kind=linear', 'toString=x', 'q=a=b')).toMatchObject({
      success: { a: 1, mask: { start: 0.5, kind: 'linear' }, toString: 'x', q: 'a=b' },
    })
  })
})

describe('a command without --dataset', () => {
  const configured = (config: object) => {
    const folder = mkdtempSync(join(root, '..', 'spanwise-default-'))
    mkdirSync(join(folder, 'rows'))
    for (const split of ['train', 'test'])
      writeRows(join(folder, 'rows', `${split}.jsonl`), [
        { video: 'a.mp4', query: `a query of ${split}`, windows: [[0, 1]] },
      ])
    writeFileSync(join(folder, 'spanwise.config.json'), JSON.stringify(config))
    return folder
  }
  const own = { annotations: 'rows', videos: 'videos' }
  const plan = async (config: object, ...words: ReadonlyArray<string>) => {
    const folder = configured(config)
    const ran = await spanwiseHere(folder, ...words)
    const left = readdirSync(folder)
    rmSync(folder, { recursive: true })
    return { ...ran, left }
  }

  it.for(['dea', 'bra'])('%s takes the only one that is configured, or the default', async (agent) => {
    const only = await plan({ datasets: { jsonl: own } }, agent, '--plan', '--json')
    expect([only.code, JSON.parse(only.out)]).toMatchObject([
      0,
      { dataset: 'jsonl', split: 'train', planned: 1, todo: 1, videos: 1, missingVideos: 1, hours: null },
    ])
    const chosen = { datasets: { charades: own, jsonl: own }, default: 'jsonl' }
    expect(JSON.parse((await plan(chosen, agent, '--plan', '--json')).out).dataset).toBe('jsonl')
  })

  it.for([
    [['dea'], { charades: own, jsonl: own }, /several are configured: charades, jsonl; /],
    [['train', 'curriculum'], { charades: own, jsonl: own }, /several are configured: charades, jsonl; /],
    [['bra'], {}, /none is configured; use --dataset NAME/],
    [['train', 'curriculum'], {}, /none is configured; use --dataset NAME/],
    [
      ['train', 'curriculum', '--dataset', 'shapes'],
      {},
      /runs\/shapes\/curated: does not exist; write it with/,
    ],
    [['train', 'sft', '--dataset', 'shapes', '--set', 'batch=0'], {}, /setting "batch"/],
    [['bra', '--dataset', 'shapes', '--set', 'votes=0'], {}, /setting "votes"/],
    [['dea', '--dataset', 'shapes', '--model', 'nowhere'], {}, /--model nowhere: no such folder/],
  ] as const)('%j is refused at once, and nothing is rendered', async ([words, datasets, says]) => {
    const { code, err, left } = await plan({ datasets }, ...words)
    expect(err).toMatch(/^spanwise: [^\n]+\n$/)
    expect(err).toMatch(says)
    expect(code).toBe(2)
    expect(left).toEqual(['rows', 'spanwise.config.json'])
  })
})
