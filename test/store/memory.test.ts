import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { openDatabase } from '../../store/database.ts'

// Elsewhere DuckDB uses the allocator of the system.
it.runIf(process.platform === 'linux')('gives memory back as soon as it is free', async () => {
  const table = 80e6
  const work = Effect.gen(function* () {
    const database = yield* openDatabase(':memory:')
    yield* database.run(`CREATE TABLE filled AS SELECT random() AS x FROM range(${table / 8})`)
    const filled = process.memoryUsage.rss()
    yield* database.run('DROP TABLE filled')
    return filled - process.memoryUsage.rss()
  })
  expect(await Effect.runPromise(Effect.scoped(work))).toBeGreaterThan(table / 2)
})
