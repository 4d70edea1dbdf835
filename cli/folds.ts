import { Command } from 'effect/cli'
import { merge } from './folds/merge.ts'
import { plan } from './folds/plan.ts'
import { retry, run } from './folds/run.ts'
import { status } from './folds/status.ts'

export const folds = Command.make('folds').pipe(
  Command.withDescription('Run an agent over a whole dataset in folds, on this machine or a cluster'),
  Command.withSubcommands([plan, run, status, retry, merge]),
  Command.withExamples([
    {
      command: 'spanwise folds run --agent dea --dataset shapes --fold-size 100 --workers 2',
      description: 'on this machine',
    },
    { command: 'spanwise folds status --run runs/shapes', description: 'the progress of every fold' },
  ]),
)
