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

/** The cache of decoded frames; shared by the commands that process many videos. */
export const clipCache = {
  cache: Flag.String('cache').pipe(
    Flag.withDescription(
      'folder of the cache of decoded frames, which runs can share; default: the cache of the run, "off" for none',
    ),
    Flag.optional,
  ),
  cacheSize: bytes(
    'cache-size',
    'maximum size of the cache, default 20GB; the least recently used frames are removed first',
  ),
}

export const frameMemory = bytes('frame-memory', 'maximum memory of decoded frames, default 512MiB')

const defaultLimit = 20e9

/**
 * The cache of decoded frames: in the run by default, because the frames of one agent are needed by the next. An
 * InputError if a folder that was named cannot be written; the run's own is created with the first clip.
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
