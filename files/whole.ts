import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { attempt } from './errors.ts'
import { makeFolders } from './folder.ts'

/*
 * Whole or not at all: what is written goes to a temporary name beside its place and is then renamed. Readers see the
 * old content or the new one; on failure nothing is left behind. Everything that writes a file or a folder of its own
 * does it here, through `wholeSync` or one of its forms.
 */

/** A name beside `path` for what is to be renamed to it; readers skip names that end in `.tmp`. */
export const temporaryName = (path: string): string => `${path}.${randomUUID().slice(0, 8)}.tmp`

/** Flushes a file to the disk; without it a crash of the machine may leave the new name with the content missing. */
const flush = (path: string) => {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Puts what is at `temporary` in its place: a file over a file, a folder in place of a folder. */
const put = (temporary: string, path: string) => {
  if (!statSync(temporary).isDirectory()) {
    renameSync(temporary, path)
    return
  }
  // A folder cannot be renamed over another that holds something. The old one is no `.tmp`: a kill between the two
  // renames must leave it to be found.
  const before =
    statSync(path, { throwIfNoEntry: false }) === undefined ? null : `${path}.${randomUUID().slice(0, 8)}.old`
  if (before !== null) renameSync(path, before)
  renameSync(temporary, path)
  if (before !== null) rmSync(before, { recursive: true, force: true })
}

/**
 * Lets `make` write a file or a folder under a temporary name and puts it at `path`. Blocks.
 *
 * @param durable flushes a file before it is renamed; not for what can be made again, such as a cache.
 */
export const wholeSync = (
  path: string,
  make: (temporary: string) => void,
  { durable = true }: { readonly durable?: boolean } = {},
): void => {
  const temporary = temporaryName(path)
  try {
    makeFolders(dirname(path))
    make(temporary)
    if (durable && statSync(temporary).isFile()) flush(temporary)
    put(temporary, path)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

/** `wholeSync` for content that is made by asynchronous work. */
export const whole = async (path: string, make: (temporary: string) => Promise<void>): Promise<void> => {
  const temporary = temporaryName(path)
  try {
    makeFolders(dirname(path))
    await make(temporary)
    if (statSync(temporary).isFile()) flush(temporary)
    put(temporary, path)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

/** `wholeSync` of a text or bytes. */
export const writeWholeSync = (path: string, content: string | Uint8Array): void =>
  wholeSync(path, (temporary) => writeFileSync(temporary, content, { flag: 'wx' }))

/** Writes a whole file; interruption waits for it. */
export const writeWhole = (path: string, content: string | Uint8Array): Effect.Effect<void, InputError> =>
  Effect.uninterruptible(attempt(path, 'written', () => writeWholeSync(path, content)))

/** `writeWhole` of a value as indented JSON. */
export const writeJson = (path: string, value: unknown): Effect.Effect<void, InputError> =>
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`)
