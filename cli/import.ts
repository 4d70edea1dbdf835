import { join } from 'node:path'
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import { spanwiseCommand } from '../core/index.ts'
import { loadConfig } from '../pipelines/config.ts'
import { runImport } from '../pipelines/import-difficulty.ts'
import { foldersOf } from './dataset.ts'
import { cleaning, given, json, print, run, source } from './flags.ts'

const { videos: _, ...place } = source

/** `spanwise datasets import`: published difficulties. */
export const importCommand = Command.make(
  'import',
  {
    name: Argument.String('name').pipe(
      Argument.withDescription('name of a dataset in the catalogue or the configuration'),
    ),
    ...place,
    cleaning,
    run,
    json,
    from: Flag.String('from').pipe(
      Flag.withDescription('file of per-sample answers as published by TimeLens, TimeLens2 or Time-R1'),
    ),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const { annotations } = yield* foldersOf(input.name, {
      annotations: input.annotations,
      videos: Option.none(),
    })
    const folder = Option.getOrElse(input.run, () => join(config.runs, input.name))
    const summary = yield* runImport({
      dataset: input.name,
      annotations,
      split: Option.getOrElse(input.split, () => 'train'),
      policy: input.policy,
      ...given({ form: input.form, cleaning: input.cleaning }),
      run: folder,
      from: input.from,
    })
    yield* print(input.json, summary, [
      `${summary.kept} of ${summary.planned} samples have a published answer among ${summary.rows} rows; ${summary.dropped} have none`,
      `verdicts: ${join(folder, 'difficulty-estimation')}; continue with "${spanwiseCommand('curate', '--run', folder)}"`,
    ])
  }),
).pipe(
  Command.withDescription('Import published per-sample answers as difficulties, in place of `spanwise dea`'),
  Command.withExamples([
    {
      command: 'spanwise datasets import timelens_100k --annotations DIR --from gemini_refined_data.jsonl',
      description: "TimeLens's own answers and IoUs on TimeLens-100K",
    },
    {
      command: 'spanwise datasets import timer1 --annotations DIR --from DIR/train_2k5.json',
      description: "Time-R1's difficulties of its training set",
    },
  ]),
)
