import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { attempt, codeOf, unlessAbsent } from './errors.ts'

/**
 * Makes a folder and those above it that are missing. Node's own recursive mkdir never returns where a folder that
 * exists refuses children with ENOENT, as /proc does (Node 24).
 */
export const makeFolders = (path: string): void => {
  const missing: Array<string> = []
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at)
  for (const folder of missing)
    try {
      mkdirSync(folder)
    } catch (error) {
      // Another process may have created it in the meantime.
      if (codeOf(error) !== 'EEXIST') throw error
    }
}

/** Makes a folder and those above it. */
export const makeFolder = (path: string): Effect.Effect<void, InputError> =>
  attempt(path, 'made', () => makeFolders(path))

/** The names in a folder, sorted; none where there is no such folder. */
export const listFolder = (path: string): Effect.Effect<ReadonlyArray<string>, InputError> =>
  attempt(path, 'listed', async () => (await unlessAbsent(readdir(path), [])).sort())

/** Removes a file if it exists. */
export const removeFile = (path: string): Effect.Effect<void, InputError> =>
  attempt(path, 'removed', () => rm(path, { force: true }))

/** Whether a name is that of a temporary file, which a killed process may leave. */
export const isTemporary = (name: string): boolean => name.endsWith('.tmp')

/** Whether there is nothing in a folder but temporary files that a killed process left, or no such folder. */
export const isVacant = (path: string): boolean => !existsSync(path) || readdirSync(path).every(isTemporary)

/** Removes temporary files that a killed process left in `folder`. */
export const sweep = Effect.fnUntraced(function* (folder: string): Effect.fn.Return<void, InputError> {
  for (const name of yield* listFolder(folder)) if (isTemporary(name)) yield* removeFile(join(folder, name))
})
