import { Effect } from 'effect'
import { Command, Flag } from 'effect/cli'
import { claimSlice, missingKeys, readManifest, recordPlan } from '../../folds/index.ts'
import { loadConfig } from '../../pipelines/config.ts'
import { planLines, planWork } from '../../pipelines/estimate.ts'
import { agentFolder, makePlan, sliceFolder } from '../../pipelines/folds/plan.ts'
import { Videos } from '../../video/index.ts'
import { profileOf, tasksOf } from '../agents.ts'
import { backendOf } from '../backend.ts'
import { given, print } from '../flags.ts'
import { foldSettings, foldWords, type PlanInput, planFlags, planOptions, typed } from './planned.ts'

/** Shows the folds and the work they need. */
export const showPlan = Effect.fn('Cli.showPlan')(function* (
  name: string,
  input: PlanInput & { readonly record?: boolean },
) {
  const options = yield* planOptions(input)
  const { agent, run } = options
  const { file, planned, slice } = yield* makePlan(options)
  const agentRoot = agentFolder(run, agent)
  if (input.record === true) yield* recordPlan(yield* claimSlice(agentRoot, slice), file, planned)
  const folder = yield* sliceFolder(run, agent, slice)
  const keys = planned.map(({ key }) => key)
  const missing = yield* missingKeys(agentRoot, folder, keys)
  const words = foldWords(name, agent, run)
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
  const { source, videos } = options
  const chosen = yield* backendOf(yield* loadConfig(), input)
  const work = yield* planWork({
    ...{ ...source, ...(yield* profileOf(chosen)), agent, run, videos },
    settings: yield* foldSettings(input),
    ...tasksOf(input.task),
    ...given({ sample: input.sample, limit: input.limit }),
  }).pipe(Effect.provide(Videos.layer({ workers: 1 })))
  const measure = typed(foldWords(name, agent, run, ['--limit', '20'])(0, 20))
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
      ...planLines(work, measure).slice(1),
      ...folds.flatMap(({ index, start, end, planned, todo, duplicates, finished, command }) => [
        `fold ${index}: samples ${start} to ${end - 1}, ${todo} to do, ${planned - todo} done, ${duplicates} duplicates${finished ? ', finished' : ''}`,
        `  ${command}`,
      ]),
    ],
  )
})

export const plan = Command.make(
  'plan',
  {
    ...planFlags,
    record: Flag.Boolean('record').pipe(
      Flag.withDescription('record this plan for "folds status" and "folds merge", as "folds run" does'),
      Flag.withDefault(false),
    ),
  },
  (input) => showPlan('plan', input),
).pipe(
  Command.withDescription('Show the folds of a dataset and the command of each'),
  Command.withExamples([
    {
      command: 'spanwise folds plan --agent bra --dataset cosmo_cap --fold-size 22000',
      description: 'the folds and the remaining work',
    },
    {
      command: 'spanwise folds plan --agent bra --dataset cosmo_cap --record',
      description: 'before starting the folds by hand or with your own scheduler',
    },
  ]),
)
