import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Effect, type Scope } from 'effect'
import { temporaryName } from '../files/index.ts'

/**
 * A path of a database file that DuckDB can open. DuckDB reads what follows a `?` as parameters and writes its log next
 * to what precedes it, also if a folder's name contains it or behind a link. Such a database is opened as a copy, which
 * replaces the file when the scope closes.
 */
export const reachable = (path: string, readOnly: boolean): Effect.Effect<string, never, Scope.Scope> => {
  if (path === ':memory:') return Effect.succeed(path)
  const file = resolve(path)
  if (!file.includes('?')) return Effect.succeed(file)
  return Effect.acquireRelease(
    Effect.sync(() => {
      const copy = join(mkdtempSync(join(tmpdir(), 'spanwise-database-')), basename(file))
      if (existsSync(file)) copyFileSync(file, copy)
      return copy
    }),
    (copy) =>
      Effect.sync(() => {
        if (!readOnly && existsSync(copy)) {
          const temporary = temporaryName(file)
          copyFileSync(copy, temporary)
          renameSync(temporary, file)
        }
        rmSync(join(copy, '..'), { recursive: true, force: true })
      }),
  )
}
