import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file system in memory that is easily filled. */
export interface SmallDisk extends Disposable {
  readonly folder: string
  /** Fills it up to so many free bytes. */
  readonly fill: (free: number) => void
  /** Takes away what `fill` put there. */
  readonly clear: () => void
}

/** Mounts a tmpfs of `size` bytes on `folder`, or says why this process may not. */
export const mountSmallDisk = (folder: string, size: number): SmallDisk | string => {
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'spanwise', folder], { stdio: 'pipe' })
  } catch (error) {
    return `mounting a tmpfs is not permitted here (${String(error).split('\n')[0]})`
  }
  const ballast = join(folder, 'ballast')
  const clear = () => rmSync(ballast, { force: true })
  return {
    folder,
    clear,
    fill: (free) => {
      clear()
      const { bavail, bsize } = statfsSync(folder)
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - free)))
    },
    [Symbol.dispose]: () => {
      execFileSync('umount', [folder], { stdio: 'pipe' })
    },
  }
}
