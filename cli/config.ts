import { Console, Effect } from 'effect'
import { Command } from 'effect/cli'
import { loadConfig } from '../pipelines/config.ts'

export const config = Command.make(
  'config',
  {},
  Effect.fn(function* () {
    yield* Console.log(JSON.stringify(yield* loadConfig(), null, 2))
  }),
).pipe(
  Command.withDescription('Print the settings from spanwise.config.ts or .json and the defaults'),
  Command.withExamples([{ command: 'spanwise config', description: 'of the current folder, as JSON' }]),
)
