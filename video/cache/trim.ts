import { type Dirent, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A temporary file so old, in milliseconds, is what a killed process left. */
const abandoned = 3_600_000

/** What is left after a trim: a tenth of the limit is freed at once, so that not every new clip costs a trim. */
const kept = 0.9

const list = (folder: string): ReadonlyArray<Dirent> => {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // Another process may have removed it.
    return []
  }
}

/** Whether a file is gone now. In a cache shared by several users, some files can only be removed by their owner. */
const remove = (path: string): boolean => {
  try {
    rmSync(path, { force: true })
    return true
  } catch {
    return false
  }
}

interface Entry {
  readonly path: string
  readonly bytes: number
  readonly used: number
}

/**
 * Removes the least recently used clips of a cache folder where they take more than `limit` bytes together. Several
 * processes may do so at the same time: a file that is already gone is no error, one that is being read stays readable
 * for its reader, and one that cannot be removed stays. Blocks: call it in a worker.
 *
 * @returns bytes that are left.
 */
export const trimCache = (folder: string, limit: number): number => {
  const now = Date.now()
  const entries: Array<Entry> = []
  for (const group of list(folder)) {
    if (!group.isDirectory()) continue
    for (const { name } of list(join(folder, group.name))) {
      const path = join(folder, group.name, name)
      const stat = statSync(path, { throwIfNoEntry: false })
      if (stat === undefined) continue
      if (name.endsWith('.clip')) entries.push({ path, bytes: stat.size, used: stat.mtimeMs })
      else if (now - stat.mtimeMs > abandoned) remove(path)
    }
  }
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total <= limit) return total
  entries.sort((a, b) => a.used - b.used)
  for (const { path, bytes } of entries) {
    if (total <= limit * kept) break
    if (remove(path)) total -= bytes
  }
  return total
}
