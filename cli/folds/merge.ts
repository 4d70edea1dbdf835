import { join } from 'node:path'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { InputError } from '../../core/index.ts'
import { loadConfig } from '../../pipelines/config.ts'
import { mergeFolds } from '../../pipelines/folds/merge.ts'
import { json, print, run } from '../flags.ts'

/** Which run's folds are meant; shared by the commands that only need its folder. */
export const which = {
  run,
  dataset: Flag.String('dataset').pipe(
    Flag.withDescription('name of the dataset, where the run is in its default folder'),
    Flag.optional,
  ),
}

/** The folder of the run. */
export const runOf = Effect.fnUntraced(function* (input: {
  readonly run: Option.Option<string>
  readonly dataset: Option.Option<string>
}) {
  if (Option.isSome(input.run)) return input.run.value
  if (Option.isSome(input.dataset)) return join((yield* loadConfig()).runs, input.dataset.value)
  return yield* new InputError({
    subject: 'folds',
    problem: 'nothing says which run is meant',
    remedy: 'give --run DIR or --dataset NAME',
  })
})

export const merge = Command.make(
  'merge',
  { ...which, json },
  Effect.fn(function* (input) {
    const run = yield* runOf(input)
    const merged = yield* mergeFolds(run)
    const database = join(run, 'curation.duckdb')
    yield* print(input.json, { database, agents: merged }, [
      ...merged.map(
        ({ agent, dataset, split, planned, repeated, twice, others }) =>
          `${agent} ${dataset} ${split}: every one of ${planned} planned samples has its verdict; ${repeated} repeated by another cut of the dataset, ${twice} looked at twice, ${others} not in the plan`,
      ),
      `verdicts: ${database}`,
    ])
  }),
).pipe(
  Command.withDescription('Check that no planned sample is missing, then fill curation.duckdb'),
  Command.withExamples([
    { command: 'spanwise folds merge --run runs/cosmo_cap', description: 'after every fold has finished' },
  ]),
)
