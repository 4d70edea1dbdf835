import { Command } from 'effect/cli'
import { merge } from './folds/merge.ts'
import { plan } from './folds/plan.ts'
import { retry, run } from './folds/run.ts'
import { status } from './folds/status.ts'

export const folds = Command.make('folds').pipe(
  Command.withDescription('Run an agent over a whole dataset in folds, on this machine or a cluster'),
  Command.withSubcommands([plan, run, status, retry, merge]),
)
