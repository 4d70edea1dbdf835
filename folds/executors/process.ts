import { execFile, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { appendFile, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { codeOf, makeFolders } from '../../files/index.ts'

/** Milliseconds allowed after SIGINT before a process is killed, so that a whole run stops within 5 s. */
const grace = 4000

const unwritable = (path: string, error: unknown) =>
  new InputError({
    subject: path,
    problem: `cannot be written (${codeOf(error)})`,
    remedy: 'free some space, fix its permissions or choose another --run',
  })

/** Adds to a log file. */
export const appendLog = (path: string, text: string): Effect.Effect<void, InputError> =>
  Effect.tryPromise({
    try: async () => {
      makeFolders(dirname(path))
      await appendFile(path, text)
    },
    catch: (error) => unwritable(path, error),
  })

export interface ProcessExit {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
}

/**
 * Runs a command with its output appended to a file, in its own process group: Ctrl-C on the terminal reaches only the
 * caller, and the command survives a caller that is killed. When interrupted, it sends SIGINT, waits for the end, then
 * kills.
 */
export const runLogged = (
  command: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly log: string; readonly env: NodeJS.ProcessEnv },
): Effect.Effect<ProcessExit, InputError> =>
  Effect.callback((resume) => {
    let log: number
    try {
      makeFolders(dirname(options.log))
      log = openSync(options.log, 'a')
    } catch (error) {
      return resume(Effect.fail(unwritable(options.log, error)))
    }
    const child = spawn(command[0]!, command.slice(1), {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    const ended = new Promise<ProcessExit>((resolve) => {
      child.on('error', () => resolve({ code: 127, signal: null }))
      child.on('exit', (code, signal) => resolve({ code, signal }))
    })
    void ended.then((finished) => resume(Effect.succeed(finished)))
    return Effect.promise(async () => {
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), grace)
      await ended
      clearTimeout(timer)
    })
  })

export interface Captured {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a short command and returns its output; an InputError if there is no such program. `env` adds to the environment. */
export const capture = (
  command: ReadonlyArray<string>,
  remedy: string,
  env: { readonly [name: string]: string } = {},
): Effect.Effect<Captured, InputError> =>
  Effect.callback((resume, signal) => {
    execFile(
      command[0]!,
      command.slice(1),
      { signal, maxBuffer: 2 ** 28, encoding: 'utf8', env: { ...process.env, ...env } },
      (error, out, err) => {
        if (signal.aborted) return
        if (error !== null && typeof error.code === 'string')
          return resume(
            Effect.fail(
              new InputError({ subject: command[0]!, problem: `cannot be started (${error.code})`, remedy }),
            ),
          )
        resume(Effect.succeed({ code: error === null ? 0 : Number(error.code ?? 1), out, err }))
      },
    )
  })

/** The last line of a file that is not empty, without the name of the program; empty where there is none. */
export const lastLine = (path: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    try {
      const file = await open(path, 'r')
      try {
        const { size } = await file.stat()
        const length = Math.min(size, 4096)
        const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
        return lastOf(buffer.toString('utf8'))
      } finally {
        await file.close()
      }
    } catch {
      return ''
    }
  })

/** The last line of a text that is not empty, without the name of the program. */
export const lastOf = (text: string): string =>
  (
    text
      .trimEnd()
      .split(/[\n\r]/)
      .at(-1) ?? ''
  )
    .replace(/^spanwise: /, '')
    .trim()
