import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultServer, startFaultServer } from '../support/fault-server.ts'
import { entry, spanwiseHere } from './command-line.ts'
import { contents, model, row, workplace, writeRows } from './workplace.ts'

let root = ''
let server: FaultServer
/** From which request on the server keeps silent. */
let silentFrom = Number.POSITIVE_INFINITY
const at = (...parts: ReadonlyArray<string>) => join(root, ...parts)
const rows = (name: string, some: ReadonlyArray<object>) => {
  mkdirSync(at(name), { recursive: true })
  writeRows(at(name, 'train.jsonl'), some)
}

beforeAll(async () => {
  root = await workplace('done')
  server = await startFaultServer({
    reply: () => ({ message: { role: 'assistant', content: '<answer>1.0 to 4.0</answer>' } }),
    script: ({ number }) => ({ kind: number < silentFrom ? 'answer' : 'hang' }),
  })
  rows('rows', [row('good.mp4', 'one'), row('good.mp4', 'two')])
  rows(
    'many',
    Array.from({ length: 30 }, (_, i) => row('good.mp4', `query ${i}`)),
  )
  rows('absent', [row('good.mp4', 'one'), row('gone.mp4', 'two'), row('nowhere.mp4', 'three')])
  rows('twice', [
    { ...row('good.mp4', 'one'), id: 'a' },
    { ...row('good.mp4', 'two'), id: 'b' },
    { ...row('good.mp4', 'three'), id: 'a' },
  ])
})
afterAll(async () => {
  await server.kill()
  rmSync(root, { recursive: true })
})

const run = (...words: ReadonlyArray<string>) => spanwiseHere(root, ...words)
const dea = (annotations: string, folder: string, ...more: ReadonlyArray<string>) => [
  ...['dea', '--dataset', 'jsonl', '--annotations', annotations, '--videos', 'videos', '--run', folder],
  ...['--set', 'rollouts=1', '--frames', '4', '--cache', 'off', '--concurrency', '1'],
  ...['--backend', 'openai', '--base-url', server.url, '--model', 'model', '--preset', 'vllm', ...more],
]

describe('names are data', () => {
  it.for(['lr=1e-5/k=v', 'q*[ab]?{c}', 'it\'s "a run"\nof two lines'])(
    'a run in %j is looked at, asked and curated, and nothing beside it',
    async (name) => {
      // What the second name would match as a pattern.
      if (name.startsWith('q')) expect((await run(...dea('many', 'qxay{c}'))).code).toBe(0)
      expect((await run(...dea('rows', name))).code).toBe(0)
      const asked = await run('query', 'SELECT count(*) AS n FROM samples', '--run', name, '--json')
      const curated = await run('curate', '--run', name, '--select', 'random', '--share', '1', '--json')
      expect([asked.code, curated.code, asked.err]).toEqual([0, 0, expect.any(String)])
      expect(JSON.parse(asked.out).rows).toEqual([{ n: 2 }])
      expect(JSON.parse(curated.out)).toMatchObject({ samples: 2, selected: 2 })
    },
  )
})

describe('what is not done is said', () => {
  it('missing videos are named and counted, with exit code 3', async () => {
    const { code, out, err } = await run(...dea('absent', 'gaps'))
    expect(code).toBe(3)
    expect(out).toMatch(/3 of 3 done .* 2 without video/)
    expect(err).toMatch(/absent {2}\S+ {2}gone\.mp4 {2}missing\n/)
    expect(err).toMatch(/absent {2}\S+ {2}nowhere\.mp4 {2}missing\n/)
    expect(err).toMatch(/2 of 3 samples have no video \(the first is gone\.mp4\); .*--retry\n$/)
    const again = await run(...dea('absent', 'gaps', '--json'))
    expect([again.code, JSON.parse(again.out).failures.length]).toEqual([3, 2])
    const folds = await run('folds', 'run', '--agent', 'dea', ...dea('absent', 'gaps').slice(1))
    expect(folds.err).toMatch(/2 of 3 samples have no video; /)
    expect(folds.code).toBe(3)
  })

  it('two rows of one id are refused by the lines of both', async () => {
    const { code, err } = await run(...dea('twice', 'twins'))
    expect(err).toMatch(/^spanwise: twice\/train\.jsonl:3: id a was seen on line 1; [^\n]+\n$/)
    expect(code).toBe(2)
    expect(existsSync(at('twins'))).toBe(false)
  })
})

describe('nothing that is there is written over', () => {
  it('by curate: a folder of other files, or a dataset of other settings', async () => {
    expect((await run(...dea('rows', 'mine'))).code).toBe(0)
    mkdirSync(at('notes'))
    writeFileSync(at('notes', 'README.md'), 'mine')
    writeFileSync(at('notes', 'train.jsonl'), 'mine too')
    const before = contents(at('notes'))
    const curate = (...more: ReadonlyArray<string>) =>
      run('curate', '--run', 'mine', '--select', 'random', '--share', '1', ...more)
    const refused = await curate('--out', 'notes')
    expect(refused.err).toMatch(
      /spanwise: notes: contains files, but no curated dataset; set --out to a new or empty folder/,
    )
    expect(refused.code).toBe(2)
    expect(contents(at('notes'))).toEqual(before)
    expect((await curate()).code).toBe(0)
    expect((await curate()).code).toBe(0)
    const first = contents(at('mine', 'curated'))
    const other = await curate('--seed', '7')
    expect(other.err).toMatch(
      /mine\/curated: contains a dataset curated with other settings: selection\.seed was 0 and is now 7; /,
    )
    expect(other.code).toBe(2)
    expect(contents(at('mine', 'curated'))).toEqual(first)
    expect((await curate('--seed', '7', '--replace')).code).toBe(0)
  })
})

describe('a fold', () => {
  it('held by a clock that is ahead can be taken with a flag', async () => {
    const fold = at('ahead', 'difficulty-estimation', 'fold-00000000-00000002')
    mkdirSync(fold, { recursive: true })
    const lease = { token: 't', pid: 1, host: 'other', heartbeat: Date.now() + 36e5 }
    writeFileSync(join(fold, 'lease.json'), JSON.stringify(lease))
    const held = await run(...dea('rows', 'ahead'))
    expect(held.err).toMatch(/is held by process 1 on other, whose clock is 60 min ahead; .* --break-lease /)
    expect(held.code).toBe(2)
    const taken = await run(...dea('rows', 'ahead', '--break-lease'))
    expect(taken.code).toBe(0)
    expect(existsSync(join(fold, 'lease.json'))).toBe(false)
  })

  it.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends on %s with how to go on, and goes on so',
    async (signal) => {
      silentFrom = server.requests() + 4
      const words = dea('many', `on ${signal}`)
      const child = spawn(process.execPath, [entry, ...words], {
        cwd: root,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let err = ''
      child.stderr.on('data', (piece) => {
        err += piece
      })
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
      while (server.requests() < silentFrom + 1) await sleep(10)
      const sent = performance.now()
      child.kill(signal)
      expect(await ended).toBe(130)
      expect(performance.now() - sent).toBeLessThan(5000)
      expect(err).toMatch(
        new RegExp(
          `spanwise: interrupted; finished work is kept, continue with: npx pnpm@12 spanwise dea .*'on ${signal}' .*\n$`,
        ),
      )
      silentFrom = Number.POSITIVE_INFINITY
      const before = server.requests()
      const again = await run(...words, '--json')
      expect(JSON.parse(again.out)).toMatchObject({ planned: 30, done: 30, failed: 0 })
      expect(server.requests() - before).toBe(26)
    },
  )
})

describe('a training', () => {
  const sft = (folder: string, ...more: ReadonlyArray<string>) => [
    ...['train', 'sft', '--data', 'data.jsonl', '--videos', 'videos', '--run', folder, '--model', model],
    ...['--threads', '1', '--frames', '4', '--set', 'batch=1', '--cache', 'off', '--json', ...more],
  ]
  beforeAll(() =>
    writeRows(
      at('data.jsonl'),
      ['a', 'b', 'c'].map((id) => ({
        ...row('good.mp4', `query ${id}`),
        ...{ id, dataset: 'jsonl', split: 'train', task: 'grounding', file: 'good.mp4' },
      })),
    ),
  )

  it('in a folder that another process trains in is refused, and leaves it as it is', async () => {
    expect((await run(...sft('shared', '--steps', '3'))).code).toBe(0)
    const lease = { token: 't', pid: process.pid, host: hostname(), heartbeat: Date.now() }
    writeFileSync(at('shared', 'lease.json'), JSON.stringify(lease))
    const before = contents(at('shared'))
    const second = await run(...sft('shared', '--steps', '3'))
    expect(second.err).toMatch(
      /^spanwise: training run shared: is held by process \d+ on \S+; wait for it or stop it\n$/,
    )
    expect(second.code).toBe(2)
    expect(contents(at('shared'))).toEqual(before)
    // It is the folder of a run that ended otherwise, whatever the lease says.
    expect((await run(...sft('shared', '--steps', '3', '--break-lease'))).code).toBe(0)
    expect(existsSync(at('shared', 'lease.json'))).toBe(false)
  })

  it('says what it would do, of so many samples', async () => {
    const plan = await run(...sft('not yet', '--plan', '--limit', '2'))
    expect(JSON.parse(plan.out)).toMatchObject({ samples: 2, steps: 2, done: 0, prompts: 1, hours: null })
    expect(existsSync(at('not yet'))).toBe(false)
    const after = JSON.parse((await run(...sft('shared', '--steps', '20', '--plan'))).out)
    expect(after).toMatchObject({ samples: 3, steps: 20, done: 3 })
    expect(after.hours).toBeGreaterThan(0)
  })
})

describe('--limit and --plan', () => {
  it('say what there is to do, and how long it takes once a rate was measured', async () => {
    const before = server.requests()
    const plan = async (...more: ReadonlyArray<string>) =>
      JSON.parse((await run(...dea('many', 'planned', '--plan', '--json', ...more))).out)
    const first = await plan()
    expect(first).toMatchObject({
      planned: 30,
      todo: 30,
      videos: 1,
      missingVideos: 0,
      measured: null,
      hours: null,
    })
    expect(first.requests).toBe(30)
    expect(first.promptTokens).toBeGreaterThan(30 * 8)
    expect(existsSync(at('planned'))).toBe(false)
    const told = await run(...dea('many', 'planned', '--plan'))
    expect(told.out).toMatch(/measure one with: npx pnpm@12 spanwise dea .*--limit 20\n$/)
    expect(server.requests()).toBe(before)
    expect(JSON.parse((await run(...dea('many', 'planned', '--limit', '5', '--json'))).out)).toMatchObject({
      ...{ planned: 5, done: 5 },
    })
    expect(server.requests()).toBe(before + 5)
    const second = await plan()
    expect(second).toMatchObject({ planned: 30, todo: 25, measured: { samples: 5 } })
    expect(second.hours).toBeGreaterThan(0)
    const done = await run(...dea('many', 'planned', '--limit', '5', '--plan'))
    expect(done.out).toMatch(/^\S+ \S+: 5 samples of 1 video, 0 to do\n$/)
    const folds = await run(
      'folds',
      'plan',
      '--agent',
      'dea',
      ...dea('many', 'planned', '--fold-size', '10', '--json').slice(1),
    )
    expect(JSON.parse(folds.out)).toMatchObject({
      todo: 25,
      folds: [{ todo: 5 }, { todo: 10 }, { todo: 10 }],
    })
  })

  it('--sample draws the same samples for every agent, and asks only about the new ones of a larger draw', async () => {
    const drawn = async (agent: string, count: number) => {
      const [, ...words] = dea('many', 'drawn', '--sample', `${count}`, '--json')
      const { out } = await run(
        agent,
        ...words.filter((word) => agent === 'dea' || !/^(--set|rollouts=1)$/.test(word)),
      )
      expect(JSON.parse(out)).toMatchObject({ planned: count, done: count })
      const table = { dea: 'difficulty_estimation', bra: 'boundary_reflection' }[agent]
      const asked = await run('query', `SELECT query FROM ${table}`, '--run', 'drawn', '--json')
      return JSON.parse(asked.out).rows.map(({ query }: { query: string }) => query) as ReadonlyArray<string>
    }
    const before = server.requests()
    const five = await drawn('dea', 5)
    expect(five).toHaveLength(5)
    expect(new Set(five)).not.toEqual(new Set(['query 0', 'query 1', 'query 2', 'query 3', 'query 4']))
    const eight = await drawn('dea', 8)
    expect(eight).toHaveLength(8)
    expect(eight).toEqual(expect.arrayContaining([...five]))
    expect(server.requests()).toBe(before + 8)
    expect(new Set(await drawn('bra', 5))).toEqual(new Set(five))
  })
})
