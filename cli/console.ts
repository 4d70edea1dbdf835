import { Console, Layer } from 'effect'
import { plainText } from '../core/index.ts'
import { clearProgress } from './display.ts'

const plainly =
  (write: (...values: ReadonlyArray<unknown>) => void) =>
  (...values: ReadonlyArray<unknown>) => {
    clearProgress()
    write(...values.map((value) => (typeof value === 'string' ? plainText(value) : value)))
  }

/** The console of every command: names, queries and replies from outside reach the terminal as plain text only. */
export const consoleLayer = Layer.succeed(
  Console.Console,
  Object.assign(Object.create(console) as Console.Console, {
    log: plainly((...values) => console.log(...values)),
    error: plainly((...values) => console.error(...values)),
  }),
)
