import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Stream } from 'effect'
import { hash32 } from '../../core/index.ts'
import { runQuery } from '../../pipelines/query.ts'
import { entry } from '../../test/cli/command-line.ts'
import { row, writeRows } from '../../test/cli/workplace.ts'
import { startFaultServer } from '../../test/support/fault-server.ts'
import { video } from '../../test/video/files.ts'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
  /** From the start of the process to its end. */
  readonly seconds: number
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export interface Scene extends AsyncDisposable {
  readonly root: string
  readonly samples: number
  /** Starts `spanwise dea` over all samples in a process of its own. */
  readonly start: (run: string) => Started
}

/** What a deterministic model says: windows that depend on the question and the number of the reply alone. */
const reply = (question: string, index: number): string => {
  const start = (hash32(`${question} ${index}`) % 60) / 10
  return `<answer>${start.toFixed(1)} to ${(start + 2.5).toFixed(1)}</answer>`
}

/** Samples about two videos, and a server that always gives the same answer to the same question, in this process. */
export const makeScene = async (samples: number): Promise<Scene> => {
  const root = mkdtempSync(join(tmpdir(), 'spanwise-faults-'))
  for (const folder of ['videos', 'rows']) mkdirSync(join(root, folder))
  for (const name of ['one', 'two']) video(join(root, 'videos'), name, name === 'one' ? 40 : 80)
  writeRows(
    join(root, 'rows', 'test.jsonl'),
    Array.from({ length: samples }, (_, i) => row(i % 3 === 0 ? 'one.mp4' : 'two.mp4', `query number ${i}`)),
  )
  const server = await startFaultServer({
    reply: ({ question }, index) => ({ message: { role: 'assistant', content: reply(question, index) } }),
  })
  const start = (run: string): Started => {
    const from = performance.now()
    const words = [
      ...['dea', '--dataset', 'jsonl', '--split', 'test', '--annotations', 'rows', '--videos', 'videos'],
      ...['--run', run, '--frames', '4', '--set', 'rollouts=2', '--threads', '1', '--json'],
      ...['--backend', 'openai', '--preset', 'vllm', '--base-url', server.url, '--model', 'model'],
    ]
    const child = spawn(process.execPath, [entry, ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { out: '', err: '' }
    for (const [name, stream] of [
      ['out', child.stdout],
      ['err', child.stderr],
    ] as const)
      stream.on('data', (piece) => {
        said[name] += piece
      })
    const ended = new Promise<Ended>((resolve) =>
      child.on('close', (code, signal) =>
        resolve({ code, signal, ...said, seconds: (performance.now() - from) / 1000 }),
      ),
    )
    return { child, ended }
  }
  return {
    root,
    samples,
    start,
    [Symbol.asyncDispose]: async () => {
      await server.kill()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

const agent = 'difficulty-estimation'

const foldOf = (run: string): string | undefined => {
  const folder = join(run, agent)
  const name = existsSync(folder) ? readdirSync(folder).find((entry) => entry.startsWith('fold-')) : undefined
  return name === undefined ? undefined : join(folder, name)
}

/** How far a fold has come, from outside: `nothing`, `3 parts, 250 in the journal`, `complete`. */
export const standing = (run: string): string => {
  const fold = foldOf(run)
  if (fold === undefined) return 'nothing'
  const names = readdirSync(fold)
  if (names.includes('manifest.json')) return 'complete'
  const journal = join(fold, 'journal.jsonl')
  const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length - 1 : 0
  const parts = names.filter((name) => name.endsWith('.parquet')).length
  return `${parts} parts, ${lines} in the journal`
}

/** Names and hashes of the part files: the shard, row by row and byte by byte. */
export const shardOf = (run: string): string => {
  const fold = foldOf(run)
  if (fold === undefined) return ''
  return readdirSync(fold)
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(fold, name)))
          .digest('hex')}`,
    )
    .join('\n')
}

/** Files that no finished fold leaves. */
export const leftovers = (run: string): ReadonlyArray<string> =>
  readdirSync(foldOf(run) ?? run).filter((name) => name.endsWith('.tmp') || /^(journal|lease)/.test(name))

/** Files below a run that never got their final name. */
export const halfWritten = (run: string): ReadonlyArray<string> =>
  existsSync(run)
    ? readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'))
    : []

/** Verdicts of the merged run: how many there are, and of how many samples. */
export const verdictsOf = (run: string): Promise<readonly [verdicts: number, samples: number]> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const sql = 'SELECT count(*), count(DISTINCT sample) FROM difficulty_estimation'
        const { source, rows } = yield* runQuery(run, sql)
        const [[verdicts, samples] = []] = (yield* Stream.runCollect(rows)).flat()
        return source === 'curation.duckdb'
          ? ([Number(verdicts), Number(samples)] as const)
          : ([0, 0] as const)
      }),
    ),
  )
