import { Effect } from 'effect'
import { Command, Flag } from 'effect/cli'
import { readManifest } from '../../folds/index.ts'
import { agentFolder, makePlan, recordPlan } from '../../pipelines/folds/plan.ts'
import { print } from '../flags.ts'
import { foldWords, planFlags, planOptions, typed } from './planned.ts'

export const plan = Command.make(
  'plan',
  {
    ...planFlags,
    record: Flag.Boolean('record').pipe(
      Flag.withDescription('let "folds status" and "folds merge" know this plan, as "folds run" does'),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* (input) {
    const options = yield* planOptions(input)
    const { agent, run } = options
    const { file, planned } = yield* makePlan(options)
    if (input.record) yield* recordPlan(run, agent, file)
    const words = foldWords('plan', agent, run)
    const folds = yield* Effect.forEach(file.folds, (fold) =>
      Effect.map(readManifest(agentFolder(run, agent), fold), (manifest) => ({
        ...{ index: fold.index, start: fold.start, end: fold.end },
        ...{ planned: fold.planned, duplicates: fold.duplicates, finished: manifest !== null },
        command: typed(words(fold.index, file.foldSize)),
      })),
    )
    const samples = file.folds.at(-1)!.end
    yield* print(
      input.json,
      { agent, run, foldSize: file.foldSize, samples, planned: planned.length, folds },
      [
        `${samples} samples, ${samples - planned.length} duplicates, ${folds.length} folds of ${file.foldSize}`,
        ...folds.flatMap(({ index, start, end, planned, duplicates, finished, command }) => [
          `fold ${index}: samples ${start} to ${end - 1}, ${planned} to do, ${duplicates} duplicates${finished ? ', finished' : ''}`,
          `  ${command}`,
        ]),
      ],
    )
  }),
).pipe(
  Command.withDescription('Show the folds of a dataset and the command of each'),
  Command.withExamples([
    {
      command: 'spanwise folds plan --agent bra --dataset cosmo_cap --fold-size 22000',
      description: 'what there is to do',
    },
    {
      command: 'spanwise folds plan --agent bra --dataset cosmo_cap --record',
      description: "before the folds are started by hand or by a scheduler of one's own",
    },
  ]),
)
