/** Prints the bytes that a process gives back when it drops a table of so many bytes. */
import { Effect } from 'effect'
import { openDatabase } from '../../store/database.ts'

const table = Number(process.argv[2])
const work = Effect.gen(function* () {
  const database = yield* openDatabase(':memory:')
  yield* database.run(`CREATE TABLE filled AS SELECT random() AS x FROM range(${table / 8})`)
  const filled = process.memoryUsage.rss()
  yield* database.run('DROP TABLE filled')
  return filled - process.memoryUsage.rss()
})
console.log(await Effect.runPromise(Effect.scoped(work)))
