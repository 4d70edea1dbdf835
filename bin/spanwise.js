#!/usr/bin/env node
// Plain JavaScript, because an older Node that cannot strip types must still be told what to do.
import { lstatSync, mkdirSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `spanwise: Node ${process.versions.node} is too old (22.19 or newer is needed); run it through "npx pnpm@12 spanwise", which installs Node 24`,
  )
  process.exit(2)
}

/**
 * A folder that nobody but this user can have written to, or null: what is in it is run as code. Where there is no
 * such place, every start compiles.
 */
const compileCache = () => {
  const named = process.env.XDG_CACHE_HOME ?? ''
  try {
    const own = join(isAbsolute(named) ? named : join(homedir(), '.cache'), 'spanwise')
    const folder = join(own, 'compile')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const [path, others] of [
      [own, 0o022],
      [folder, 0o077],
    ]) {
      const { mode, uid } = lstatSync(path)
      const mine = process.getuid === undefined || uid === process.getuid()
      if ((mode & 0o170000) !== 0o040000 || !mine || (process.platform !== 'win32' && (mode & others) !== 0))
        return null
    }
    return folder
  } catch {
    return null
  }
}

// Compiled once: a third off every start. The variable is for worker threads, which do not share the cache of this one.
const folder = compileCache()
if (folder !== null) {
  module.enableCompileCache?.(folder)
  process.env.NODE_COMPILE_CACHE ||= folder
}
await import('../cli/main.ts')
