import { Effect } from 'effect'
import { Argument, Command } from 'effect/cli'
import { modelsTable } from '../../eval/index.ts'
import { runTable } from '../../pipelines/eval/table.ts'
import { json, print } from '../flags.ts'

export const tableCommand = Command.make(
  'table',
  {
    folders: Argument.String('FOLDER').pipe(
      Argument.withDescription('folders of evaluations, one per model'),
      Argument.atLeast(1),
    ),
    json,
  },
  Effect.fn(function* ({ folders, json }) {
    const models = yield* runTable(folders)
    yield* print(json, { models }, [modelsTable(models)])
  }),
).pipe(
  Command.withDescription(
    'Show several models side by side: checkpoints, servers and API models on the same samples',
  ),
  Command.withExamples([
    {
      command: 'spanwise eval table runs/eval/repcount/base runs/eval/repcount/trained',
      description: 'the metrics of every rule, one model a row',
    },
  ]),
)
