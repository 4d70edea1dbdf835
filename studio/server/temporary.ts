import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { isAlive } from '../../files/index.ts'

/** A folder of this server for copies, until the scope closes. What killed servers left goes too. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => {
    for (const name of readdirSync(tmpdir())) {
      const pid = /^spanwise-studio-(\d+)-/.exec(name)?.[1]
      if (pid !== undefined && !isAlive(Number(pid)))
        try {
          rmSync(join(tmpdir(), name), { recursive: true, force: true })
        } catch {
          // Another user's.
        }
    }
    const folder = join(tmpdir(), `spanwise-studio-${process.pid}-${Math.random().toString(36).slice(2, 10)}`)
    // Only this user may read the copies.
    mkdirSync(folder, { mode: 0o700 })
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)
