import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { attempt } from './errors.ts'
import { makeFolders } from './folder.ts'

/*
 * Atomic writes: content is written to a temporary name in the same folder and then renamed. Readers see the old content
 * or the new one; on failure nothing is left behind. Everything that writes a complete file or folder uses `wholeSync` or
 * one of its variants.
 */

/** A temporary name in the folder of `path`, to be renamed to it; readers skip names that end in `.tmp`. */
export const temporaryName = (path: string): string => `${path}.${randomUUID().slice(0, 8)}.tmp`

/** Flushes a file to the disk; without it a system crash may leave the new name without its content. */
const flush = (path: string) => {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Moves a complete file or folder from its temporary name to its final path, replacing what is there. */
export const putInPlace = (temporary: string, path: string) => {
  if (!statSync(temporary).isDirectory()) {
    renameSync(temporary, path)
    return
  }
  // A folder cannot be renamed over one that is not empty. The old one is not named `.tmp`: after a kill between the two
  // renames it must still be there.
  const before =
    statSync(path, { throwIfNoEntry: false }) === undefined ? null : `${path}.${randomUUID().slice(0, 8)}.old`
  if (before !== null) renameSync(path, before)
  renameSync(temporary, path)
  if (before !== null) rmSync(before, { recursive: true, force: true })
}

/**
 * Lets `make` write a file or a folder under a temporary name and puts it at `path`. Blocks.
 *
 * @param durable flushes a file before it is renamed; not needed for what can be recreated, such as a cache.
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
    putInPlace(temporary, path)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

/** `wholeSync` for content produced asynchronously. */
export const whole = async (
  path: string,
  make: (temporary: string) => Promise<void>,
  { durable = true }: { readonly durable?: boolean } = {},
): Promise<void> => {
  const temporary = temporaryName(path)
  try {
    makeFolders(dirname(path))
    await make(temporary)
    if (durable && statSync(temporary).isFile()) flush(temporary)
    putInPlace(temporary, path)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

/** `wholeSync` for content that an effect produces: a failure or an interruption leaves nothing behind. */
export const wholeBy = <A, E, R>(
  path: string,
  make: (temporary: string) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E | InputError, R> =>
  Effect.suspend(() => {
    const temporary = temporaryName(path)
    return attempt(path, 'written', () => makeFolders(dirname(path))).pipe(
      Effect.andThen(make(temporary)),
      Effect.tap(() =>
        attempt(path, 'written', () => {
          if (statSync(temporary).isFile()) flush(temporary)
          putInPlace(temporary, path)
        }),
      ),
      Effect.onError(() => Effect.sync(() => rmSync(temporary, { recursive: true, force: true }))),
    )
  })

/** `wholeSync` of a text or bytes. */
export const writeWholeSync = (path: string, content: string | Uint8Array): void =>
  wholeSync(path, (temporary) => writeFileSync(temporary, content, { flag: 'wx' }))

/** Writes a whole file; interruption waits for it. */
export const writeWhole = (path: string, content: string | Uint8Array): Effect.Effect<void, InputError> =>
  Effect.uninterruptible(attempt(path, 'written', () => writeWholeSync(path, content)))

/** `writeWhole` of a value as indented JSON. */
export const writeJson = (path: string, value: unknown): Effect.Effect<void, InputError> =>
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`)
