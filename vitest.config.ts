import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/temporary.ts'],
    // Tests start many worker threads and processes, each of which would strip and compile the same modules.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'compile') },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Loading Effect and the native packages anew for each file took as long as the tests themselves.
    isolate: false,
    // Many tests wait for processes that they start: every core has a file to work on.
    maxWorkers: '100%',
  },
})
