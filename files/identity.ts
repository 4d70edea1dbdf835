import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

/** Bytes at either end of a file that, with its size, identify it. */
const ends = 1 << 20

/** Size of a file in bytes; null where there is none. */
export const sizeOf = (path: string): number | null => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true ? found.size : null
}

/** A digest of a file's size and its first and last MiB; null where it cannot be read. */
export const contentIdentity = (path: string): string | null => {
  try {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const hash = createHash('sha256').update(String(size))
      const bytes = Buffer.alloc(Math.min(ends, size))
      for (const from of [0, Math.max(0, size - ends)])
        hash.update(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from)))
      return hash.digest('hex')
    } finally {
      closeSync(file)
    }
  } catch {
    return null
  }
}
