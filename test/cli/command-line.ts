import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'node:util'
import { Cause, Effect, Exit, Runtime } from 'effect'
import { program } from '../../cli/program.ts'

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export const entry = join(import.meta.dirname, '..', '..', 'bin', 'spanwise.js')

/** A new folder with these files. */
export const folderOf = (files: { readonly [name: string]: string }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'spanwise-cli-'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

/** Runs the real command line in a folder. */
export const spanwise = (folder: string, ...args: ReadonlyArray<string>): Effect.Effect<Outcome> =>
  spanwiseWith({}, folder, ...args)

/** The same with other environment variables. */
export const spanwiseWith = (
  env: NodeJS.ProcessEnv,
  folder: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, [entry, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (piece) => {
      out += piece
    })
    child.stderr.on('data', (piece) => {
      err += piece
    })
    child.on('close', (code) => resume(Effect.succeed({ code, out, err })))
    return Effect.sync(() => child.kill())
  })

let last: Promise<unknown> = Promise.resolve()

/**
 * Runs the command line in a folder as a function of this process, one call after another. Starting a process takes longer
 * than most commands; `spanwise` is for what depends on one: signals, pipes, environment variables and commands beside
 * each other.
 */
export const spanwiseHere = (folder: string, ...args: ReadonlyArray<string>): Promise<Outcome> => {
  const ran = last.then(async () => {
    const before = { folder: process.cwd(), argv: process.argv, log: console.log, error: console.error }
    const streams = [process.stdout, process.stderr] as const
    const writes = streams.map((stream) => stream.write)
    let out = ''
    let err = ''
    process.chdir(folder)
    process.argv = [process.execPath, entry, ...args]
    console.log = (...values) => {
      out += `${format(...values)}\n`
    }
    console.error = (...values) => {
      err += `${format(...values)}\n`
    }
    const take =
      (keep: (text: string) => void): typeof process.stdout.write =>
      (text: string | Uint8Array, encoding?: unknown, done?: unknown) => {
        keep(typeof text === 'string' ? text : Buffer.from(text).toString())
        const written = typeof encoding === 'function' ? encoding : done
        if (typeof written === 'function') written()
        return true
      }
    process.stdout.write = take((text) => {
      out += text
    })
    process.stderr.write = take((text) => {
      err += text
    })
    try {
      const exit = await Effect.runPromiseExit(program(args))
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : null
      const code = error === null ? 0 : Number((error as Record<string, unknown>)[Runtime.errorExitCode] ?? 1)
      return { code, out, err }
    } finally {
      Object.assign(console, { log: before.log, error: before.error })
      for (const [place, stream] of streams.entries()) stream.write = writes[place]!
      process.argv = before.argv
      process.chdir(before.folder)
    }
  })
  last = ran.catch(() => {})
  return ran
}
