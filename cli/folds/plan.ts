import { Effect } from 'effect'
import { Command, Flag } from 'effect/cli'
import { claimSlice, missingKeys, readManifest, recordPlan } from '../../folds/index.ts'
import { agentFolder, makePlan, sliceFolder } from '../../pipelines/folds/plan.ts'
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
    const { file, planned, slice } = yield* makePlan(options)
    const agentRoot = agentFolder(run, agent)
    if (input.record) yield* recordPlan(yield* claimSlice(agentRoot, slice), file, planned)
    const folder = yield* sliceFolder(run, agent, slice)
    const keys = planned.map(({ key }) => key)
    const missing = yield* missingKeys(agentRoot, folder, keys)
    const words = foldWords('plan', agent, run)
    let from = 0
    const folds = yield* Effect.forEach(file.folds, (fold) => {
      const mine = keys.slice(from, from + fold.planned)
      from += fold.planned
      return Effect.map(readManifest(folder, fold), (manifest) => ({
        ...{ index: fold.index, start: fold.start, end: fold.end },
        ...{ planned: fold.planned, todo: mine.filter((key) => missing.has(key)).length },
        ...{ duplicates: fold.duplicates, finished: manifest !== null },
        command: typed(words(fold.index, file.foldSize)),
      }))
    })
    const samples = file.folds.at(-1)!.end
    yield* print(
      input.json,
      {
        agent,
        run,
        ...slice,
        foldSize: file.foldSize,
        samples,
        planned: keys.length,
        todo: missing.size,
        folds,
      },
      [
        `${samples} samples, ${samples - keys.length} duplicates, ${folds.length} folds of ${file.foldSize}, ${missing.size} samples to do`,
        ...folds.flatMap(({ index, start, end, planned, todo, duplicates, finished, command }) => [
          `fold ${index}: samples ${start} to ${end - 1}, ${todo} to do, ${planned - todo} done, ${duplicates} duplicates${finished ? ', finished' : ''}`,
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
      description: 'before the folds are started by hand or by your own scheduler',
    },
  ]),
)
