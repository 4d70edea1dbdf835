#!/usr/bin/env node
// Plain JavaScript, because an older Node that cannot strip types must still be told what to do.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `spanwise: Node ${process.versions.node} is too old (22.19 or newer is needed); run it through "npx pnpm@12 spanwise", which installs Node 24`,
  )
  process.exit(2)
}
await import('../pipelines/cli/main.ts')
