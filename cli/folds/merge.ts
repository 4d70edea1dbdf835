import { join } from 'node:path'
import { Effect } from 'effect'
import { Command } from 'effect/cli'
import { mergeFolds } from '../../pipelines/folds/merge.ts'
import { dataset, runOf } from '../dataset.ts'
import { json, madeRun, print } from '../flags.ts'

/** The run whose folds are meant; shared by the commands that need only its folder. */
export const which = { run: madeRun('that of the dataset below runs/'), dataset }

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
          `${agent} ${dataset} ${split}: every one of ${planned} planned samples has its verdict; ${repeated} repeated with another fold size, ${twice} processed twice, ${others} not in the plan`,
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
