import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { ByteSize, Effect, Option } from 'effect'
import { Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'
import { codeOf, makeFolders } from '../files/index.ts'
import type { CacheSettings } from '../video/index.ts'

/** A size in bytes, with its unit. */
export const bytes = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withDescription(description),
    Flag.filterMap(
      (text) => Option.flatMap(ByteSize.fromString(text), ByteSize.toNumber),
      () => 'a size with its unit, e.g. 20GB',
    ),
    Flag.optional,
  )

/** Where decoded frames are kept; shared by the commands that look at many videos. */
export const clipCache = {
  cache: Flag.String('cache').pipe(
    Flag.withDescription(
      'folder that keeps decoded frames, for other runs too; that of the agents by default, "off" for none',
    ),
    Flag.optional,
  ),
  cacheSize: bytes('cache-size', 'most bytes of that folder, default 20GB; the least recently used go first'),
}

export const frameMemory = bytes('frame-memory', 'most bytes of frames held at the same time, default 512MiB')

const defaultLimit = 20e9

/**
 * Where decoded frames are kept: in the run by default, because what is read for one agent is read again for the next.
 * An InputError where a folder that was named cannot be written; the run's own is made with the first clip.
 */
export const cacheOf = (
  flags: { readonly cache: Option.Option<string>; readonly cacheSize: Option.Option<number> },
  run: string,
): Effect.Effect<CacheSettings | undefined, InputError> => {
  const limit = Option.getOrElse(flags.cacheSize, () => defaultLimit)
  if (Option.isNone(flags.cache)) return Effect.succeed({ folder: join(run, 'cache'), limit })
  const folder = flags.cache.value
  if (folder === 'off') return Effect.succeed(undefined)
  return Effect.try({
    try: () => {
      makeFolders(folder)
      accessSync(folder, constants.W_OK)
      return { folder, limit }
    },
    catch: (error) =>
      new InputError({
        subject: folder,
        problem: `cannot be written (${codeOf(error)})`,
        remedy: 'name another folder with --cache, or --cache off',
      }),
  })
}
