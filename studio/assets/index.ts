import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { hasSources, sourceDigest } from './digest.ts'

const built = join(import.meta.dirname, 'built')

const isCurrent = (folder: string): boolean => {
  const digest = join(folder, 'digest.txt')
  return existsSync(digest) && (!hasSources() || readFileSync(digest, 'utf8') === sourceDigest())
}

/** What the building process said, or why there was none. */
const problemOf = (cause: unknown): string =>
  cause instanceof Error && 'stderr' in cause && cause.stderr !== ''
    ? String(cause.stderr).trim()
    : String(cause)

/** Builds beside the old page and takes its place at the end: a server that still serves it is not disturbed. */
const rebuild = async (folder: string, signal: AbortSignal): Promise<void> => {
  const fresh = `${folder}-${randomUUID().slice(0, 8)}`
  try {
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'build.ts'), fresh], { signal })
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
  } catch (error) {
    // Another process that built at the same time was faster.
    if (!isCurrent(folder)) throw error
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Brings the built page in `folder` up to date with its sources (under a second), where they are at hand and differ. */
export const pageIn = (folder: string): Effect.Effect<string, InputError> =>
  Effect.suspend(() =>
    isCurrent(folder)
      ? Effect.succeed(folder)
      : Effect.as(
          Effect.tryPromise({
            try: (signal) => rebuild(folder, signal),
            catch: (cause) =>
              new InputError({
                subject: 'the page of the studio',
                problem: `cannot be built (${problemOf(cause)})`,
                remedy: 'run "npx pnpm@12 install", then "npx pnpm@12 build"',
              }),
          }),
          folder,
        ),
  )

/** The folder of the built page, up to date. */
export const pageFolder = pageIn(built)
