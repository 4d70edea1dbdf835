import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { entry } from '../cli/command-line.ts'
import { row, workplace, writeRows } from '../cli/workplace.ts'
import { type FaultServer, type FaultServerOptions, startFaultServer } from './fault-server.ts'
import { killFamily } from './processes.ts'

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface FoldsScene extends AsyncDisposable {
  readonly root: string
  readonly server: FaultServer
  /** Starts the command line in the scene's folder. */
  readonly start: (...args: ReadonlyArray<string>) => {
    readonly pid: number
    readonly ended: Promise<Ran>
    /** What first matches on standard error. */
    readonly said: (pattern: RegExp) => Promise<string>
  }
  readonly spanwise: (...args: ReadonlyArray<string>) => Promise<Ran>
  /** Words that plan the scene's samples: an agent with one request a sample, answered by the server. */
  readonly agent: (foldSize: number) => ReadonlyArray<string>
}

/** Samples of one video, a server that finds every annotation complete, and the real command line. */
export const foldsScene = async (
  name: string,
  samples: number,
  options: FaultServerOptions = {},
  concurrency = 4,
  env: NodeJS.ProcessEnv = {},
): Promise<FoldsScene> => {
  const root = await workplace(name)
  mkdirSync(join(root, 'rows'))
  writeRows(
    join(root, 'rows', 'test.jsonl'),
    Array.from({ length: samples }, (_, i) => row('good.mp4', `query number ${i}`)),
  )
  const server = await startFaultServer({
    reply: () => ({ message: { role: 'assistant', content: '<answer>none</answer>' } }),
    ...options,
  })
  const running = new Set<number>()
  const start: FoldsScene['start'] = (...args) => {
    const child = spawn(process.execPath, [entry, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    running.add(child.pid!)
    child.on('close', () => running.delete(child.pid!))
    const texts = { out: '', err: '' }
    child.stdout.on('data', (piece) => {
      texts.out += piece
    })
    child.stderr.on('data', (piece) => {
      texts.err += piece
    })
    const ended = new Promise<Ran>((resolve) => child.on('close', (code) => resolve({ code, ...texts })))
    const said = (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        const look = () => {
          const match = pattern.exec(texts.err)
          if (match !== null) resolve(match[0])
        }
        child.stderr.on('data', look)
        look()
      })
    return { pid: child.pid!, ended, said }
  }
  return {
    root,
    server,
    start,
    spanwise: (...args) => start(...args).ended,
    agent: (foldSize) => [
      ...[
        '--agent',
        'dea',
        '--set',
        'rollouts=1',
        '--dataset',
        'jsonl',
        '--split',
        'test',
        '--fold-size',
        String(foldSize),
      ],
      ...['--annotations', 'rows', '--videos', 'videos', '--run', 'run', '--frames', '4', '--cache', 'off'],
      ...['--backend', 'openai', '--base-url', server.url, '--model', 'model', '--preset', 'vllm'],
      ...['--concurrency', String(concurrency), '--json'],
    ],
    [Symbol.asyncDispose]: async () => {
      for (const pid of running) killFamily(pid)
      await server.kill()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
