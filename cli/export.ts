import { Effect } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import { exportHub } from '../pipelines/export-hub.ts'
import { given, json, print } from './flags.ts'

const hub = Command.make(
  'hub',
  {
    from: Argument.String('FOLDER').pipe(
      Argument.withDescription('a curated dataset or a training run: a folder that curate or train wrote'),
    ),
    out: Flag.String('out').pipe(Flag.withDescription('folder to write, which must not exist yet')),
    checkpoint: Flag.String('checkpoint').pipe(
      Flag.withDescription('checkpoint of a training, e.g. step-000050; the newest by default'),
      Flag.optional,
    ),
    json,
  },
  Effect.fn(function* ({ from, out, checkpoint, json: asJson }) {
    const result = yield* exportHub({ from, out, ...given({ checkpoint }) })
    yield* print(asJson, result, [
      `${result.out}: ${result.files.length} files, ${(result.bytes / 2 ** 20).toFixed(1)} MB`,
      `upload it: ${result.command}`,
    ])
  }),
).pipe(
  Command.withDescription(
    'Write a folder for the Hugging Face hub: card, Parquet and, of a training, its weights',
  ),
  Command.withExamples([
    {
      command: 'spanwise export hub runs/shapes-curriculum --out hub/shapes-curriculum',
      description: 'the newest checkpoint of a training, with a model card',
    },
    {
      command: 'spanwise export hub runs/charades/curated --out hub/charades-curated',
      description: 'a curated dataset, with its card',
    },
  ]),
)

export const exportCommand = Command.make('export').pipe(
  Command.withDescription('Write results in the formats of other services'),
  Command.withSubcommands([hub]),
  Command.withExamples([
    {
      command: 'spanwise export hub runs/shapes/curated --out hub/shapes',
      description: 'a folder for the Hugging Face hub',
    },
  ]),
)
