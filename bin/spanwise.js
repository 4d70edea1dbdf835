#!/usr/bin/env node
// Plain JavaScript, because an older Node that cannot strip types must still be told what to do.
import module from 'node:module'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `spanwise: Node ${process.versions.node} is too old (22.19 or newer is needed); run it through "npx pnpm@12 spanwise", which installs Node 24`,
  )
  process.exit(2)
}
// Compiled once, kept in the system's temporary folder: a third off every start.
module.enableCompileCache?.()
await import('../cli/main.ts')
