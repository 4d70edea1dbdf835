import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'

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
