import { join, resolve } from 'node:path'
import { Effect, Option } from 'effect'
import { type Command, Flag } from 'effect/cli'
import { spanwiseCommand } from '../../core/index.ts'
import { loadConfig } from '../../pipelines/config.ts'
import { checkSettings } from '../../pipelines/folds/check.ts'
import { agentFlags, agentSettings, breakLease, foldSize, part, tasksOf } from '../agents.ts'
import { datasetOf, placesOf } from '../dataset.ts'
import { given, json, run } from '../flags.ts'
import { handedOn } from './handed.ts'

/** Flags of every command that plans folds; the agent's flags are passed on to the command of each fold. */
export const planFlags = {
  ...agentFlags,
  agent: Flag.Literals('agent', ['bra', 'dea', 'cot']).pipe(
    Flag.withDescription('agent to run; the flags of its command are accepted too'),
  ),
  foldSize,
  ...part,
  breakLease,
  run,
  json,
}
export type PlanInput = Command.Command.Config.Infer<typeof planFlags>

/** The flags that are not passed on to the command of a fold, or that it is given anyway. */
const own = {
  agent: 'value',
  'fold-size': 'value',
  'break-lease': 'switch',
  record: 'switch',
  plan: 'switch',
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

/** The agent's settings as given by flags; the rest comes from the model's profile, which only folds load. */
export const foldSettings = Effect.fnUntraced(function* (input: PlanInput) {
  return {
    ...given({
      ...{ fps: input.fps, frames: input.frames, maxPixels: input.maxPixels },
      ...{ visionTokens: input.visionTokens, maxTokens: input.maxTokens, guided: input.guided },
    }),
    ...(yield* agentSettings(input.agent, input)),
  }
})

/** The plan, from flags and configuration. */
export const planOptions = Effect.fnUntraced(function* (input: PlanInput) {
  const { agent, split, form, policy, cleaning, foldSize, sample, limit, breakLease } = input
  const config = yield* loadConfig()
  const dataset = yield* datasetOf(input.dataset, config)
  const { annotations, videos, make } = yield* placesOf(dataset, input)
  const source = {
    ...{ dataset, split: Option.getOrElse(split, () => 'train'), annotations, policy },
    ...given({ form, cleaning }),
  }
  const run = resolve(Option.getOrElse(input.run, () => join(config.runs, dataset)))
  yield* checkSettings({ agent, run, settings: yield* foldSettings(input) })
  yield* make
  return {
    agent,
    source,
    run,
    videos,
    breakLease,
    ...tasksOf(input.task),
    ...given({ foldSize, sample, limit }),
  }
})

/**
 * The arguments after `spanwise` that run one fold, derived from those of this command.
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
export const typed = (words: ReadonlyArray<string>): string => spanwiseCommand(...words)
