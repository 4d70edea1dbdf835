import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

// Elsewhere DuckDB uses the allocator of the system. In a process of its own, as the setting is read when DuckDB loads.
it.runIf(process.platform === 'linux')('gives memory back as soon as it is free', () => {
  const table = 80e6
  const given = execFileSync(process.execPath, [join(import.meta.dirname, 'memory-child.ts'), `${table}`])
  expect(Number(given)).toBeGreaterThan(table / 2)
})
