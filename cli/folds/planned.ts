import { join, resolve } from 'node:path'
import { Effect, Option } from 'effect'
import { type Command, Flag } from 'effect/cli'
import { shellQuote } from '../../folds/index.ts'
import { loadConfig } from '../../pipelines/config.ts'
import type { PlanOptions } from '../../pipelines/folds/plan.ts'
import { agentFlags, foldSize } from '../agents.ts'
import { foldersOf, given, json, run } from '../flags.ts'
import { handedOn } from './handed.ts'

/** Flags of every command that plans folds; the agent's own go on to the command of each fold. */
export const planFlags = {
  ...agentFlags,
  agent: Flag.Literals('agent', ['bra', 'dea']).pipe(
    Flag.withDescription('which agent looks at the samples; its own flags are those of that command'),
  ),
  foldSize,
  run,
  json,
}
export type PlanInput = Command.Command.Config.Infer<typeof planFlags>

/** The flags that the command of a fold has no part in, or that it is given anyway. */
const own = {
  agent: 'value',
  'fold-size': 'value',
  run: 'value',
  json: 'switch',
  executor: 'value',
  workers: 'value',
  cpus: 'value',
  gpus: 'value',
  memory: 'value',
  attempts: 'value',
  option: 'value',
} as const

/** What is planned, after flags and configuration. */
export const planOptions = Effect.fnUntraced(function* (input: PlanInput) {
  const { agent, dataset, split, form, policy, cleaning, foldSize } = input
  const config = yield* loadConfig()
  const { annotations } = yield* foldersOf(dataset, input)
  const source = {
    ...{ dataset, split: Option.getOrElse(split, () => 'train'), annotations, policy },
    ...given({ form, cleaning }),
  }
  const run = resolve(Option.getOrElse(input.run, () => join(config.runs, dataset)))
  return { agent, source, run, ...given({ foldSize }) } satisfies PlanOptions
})

/**
 * The words after `spanwise` that run one fold, made of those that this command was called with.
 *
 * @param name of this command: `run` of `folds run`.
 * @param extra flags that are added.
 */
export const foldWords = (name: string, agent: string, run: string, extra: ReadonlyArray<string> = []) => {
  const words = process.argv.slice(2)
  const handed = handedOn(words.slice(words.indexOf(name) + 1), own)
  return (fold: number, size: number): ReadonlyArray<string> => [
    ...[agent, ...handed, ...extra, '--run', run],
    ...['--fold', String(fold), '--fold-size', String(size), '--no-merge', '--json'],
  ]
}

/** A command as an executor starts it: by this Node, from this checkout. */
export const started = (words: ReadonlyArray<string>): ReadonlyArray<string> => [
  process.execPath,
  join(import.meta.dirname, '..', '..', 'bin', 'spanwise.js'),
  ...words,
]

/** A command as one types it. */
export const typed = (words: ReadonlyArray<string>): string => shellQuote(['spanwise', ...words])
