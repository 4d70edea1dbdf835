import { execFileSync } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

/** A port of loopback that nothing listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** A process and all that descend from it. */
export const familyOf = (pid: number): ReadonlyArray<number> => {
  const pairs = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const family = [pid]
  for (const one of family)
    for (const [child, parent] of pairs) if (parent === one && !family.includes(child!)) family.push(child!)
  return family
}

/** Ends a process and its descendants at once, as a power cut would. */
export const killFamily = (pid: number): void => {
  for (const one of familyOf(pid))
    try {
      process.kill(one, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
}
