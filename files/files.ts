import { randomUUID } from 'node:crypto'
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Effect } from 'effect'
import type { z } from 'zod'
import { InputError } from '../core/index.ts'
import { makeFolders } from './folder.ts'

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error)

/** What a user can do about a file system error. */
const remedyOf = (code: string): string => {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'free some space and start again, what is finished is kept'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'mend its permissions or choose another --run'
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return 'move what is in the way or choose another --run'
    default:
      return 'check the path or choose another --run'
  }
}

const attempt = <A>(path: string, doing: string, work: () => Promise<A>): Effect.Effect<A, InputError> =>
  Effect.tryPromise({
    try: work,
    catch: (error) => {
      const code = codeOf(error)
      return new InputError({
        subject: path,
        problem: `cannot be ${doing} (${code})`,
        remedy: remedyOf(code),
      })
    },
  })

/** Makes a folder and those above it. */
export const makeFolder = (path: string): Effect.Effect<void, InputError> =>
  attempt(path, 'made', async () => makeFolders(path))

/** The text of a file, or null where there is none. */
export const readText = (path: string): Effect.Effect<string | null, InputError> =>
  attempt(path, 'read', () =>
    readFile(path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }),
  )

/** The names in a folder, sorted; none where there is no such folder. */
export const listFolder = (path: string): Effect.Effect<ReadonlyArray<string>, InputError> =>
  attempt(path, 'listed', async () => {
    try {
      return (await readdir(path)).sort()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  })

/** Removes a file if it is there. */
export const removeFile = (path: string): Effect.Effect<void, InputError> =>
  attempt(path, 'removed', () => rm(path, { force: true }))

/** Renames over what is there. */
export const renameFile = (from: string, to: string): Effect.Effect<void, InputError> =>
  attempt(to, 'written', () => rename(from, to))

/** A name beside `path` for what is to be renamed to it; readers skip names that end in `.tmp`. */
export const temporaryName = (path: string): string => `${path}.${randomUUID().slice(0, 8)}.tmp`

/**
 * Writes a whole file: to a temporary name, flushed to the disk, then renamed. Readers see the old file or the new
 * one; on failure or interruption nothing is left behind.
 */
export const writeWhole = (path: string, content: string | Uint8Array): Effect.Effect<void, InputError> =>
  Effect.suspend(() => {
    const temporary = temporaryName(path)
    return attempt(path, 'written', async () => {
      makeFolders(dirname(path))
      const file = await open(temporary, 'wx')
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
    }).pipe(
      Effect.uninterruptible,
      Effect.tapError(() => Effect.ignore(removeFile(temporary))),
    )
  })

/** `writeWhole` of a value as indented JSON. */
export const writeJson = (path: string, value: unknown): Effect.Effect<void, InputError> =>
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`)

/** A JSON file as `schema` reads it; null where there is no file. A file that does not fit names its first problem. */
export const readJson = <A>(path: string, schema: z.ZodType<A>): Effect.Effect<A | null, InputError> =>
  Effect.gen(function* () {
    const text = yield* readText(path)
    if (text === null) return null
    const remedy = 'restore the file or remove it and start again'
    const value = yield* Effect.try({
      try: () => JSON.parse(text) as unknown,
      catch: () => new InputError({ subject: path, problem: 'is not JSON', remedy }),
    })
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    return yield* new InputError({
      subject: path,
      problem: `field ${issue?.path.join('.') || '(root)'}: ${issue?.message ?? 'does not fit'}`,
      remedy,
    })
  })

/** Removes temporary files that a killed process left in `folder`. */
export const sweep = (folder: string): Effect.Effect<void, InputError> =>
  Effect.gen(function* () {
    for (const name of yield* listFolder(folder))
      if (name.endsWith('.tmp')) yield* removeFile(join(folder, name))
  })
