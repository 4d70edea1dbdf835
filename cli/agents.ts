import { join } from 'node:path'
import { Console, Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { IncompleteError, plainLine, spanwiseCommand } from '../core/index.ts'
import { readPreprocessing } from '../engine/checkpoint/index.ts'
import type { Failure, FoldSummary } from '../folds/index.ts'
import { checkpointProfile, makeProfile, requireKey } from '../models/index.ts'
import type { AgentOptions, AgentSummary } from '../pipelines/agent.ts'
import { runBra } from '../pipelines/bra.ts'
import { loadConfig } from '../pipelines/config.ts'
import { runDea } from '../pipelines/dea.ts'
import { planLines, planWork } from '../pipelines/estimate.ts'
import { checkSettings } from '../pipelines/folds/check.ts'
import { describeGaps } from '../pipelines/folds/gaps.ts'
import type { AgentCommand } from '../pipelines/folds/plan.ts'
import { telemetry } from '../pipelines/telemetry.ts'
import { Videos } from '../video/index.ts'
import { type Backend, backend, backendOf, inFlightOf } from './backend.ts'
import { cacheOf, clipCache, frameMemory } from './clips.ts'
import { dataset, datasetOf, placesOf, requireCheckpoint } from './dataset.ts'
import { cleaning, given, json, print, run, source, whole } from './flags.ts'
import { modelServices } from './services.ts'
import { settings, settingsOf } from './settings.ts'

/** The flags of an agent, whichever folds it runs; `spanwise folds` passes them on unchanged. */
export const agentFlags = {
  dataset,
  ...source,
  ...backend,
  ...clipCache,
  memory: frameMemory,
  settings,
  cleaning,
  task: Flag.Literals('task', ['grounding', 'grounded-qa', 'both', 'counting']).pipe(
    Flag.withDescription(
      'samples to process: bra and dea take grounding queries, grounded questions (grounded-qa) or both, by default grounding queries, or grounded questions if there are no others; cot takes counting',
    ),
    Flag.optional,
  ),
  otlp: Flag.String('otlp').pipe(
    Flag.withDescription('send traces to this collector (OTLP over HTTP), e.g. http://127.0.0.1:4318'),
    Flag.optional,
  ),
}

/** A part of the split: drawn at random to select from, or the first samples to try or to measure a run. */
export const part = {
  sample: whole(
    'sample',
    'process only N samples drawn at random, the same for every agent; a larger N adds to them. Enough where few are selected: see docs/claims.md',
    1,
  ),
  limit: whole('limit', 'process only the first N samples; all by default', 1),
}

export const breakLease = Flag.Boolean('break-lease').pipe(
  Flag.withDescription(
    'take folds over from the process recorded as their holder; use it only if that process has ended, e.g. on a machine with a wrong clock',
  ),
  Flag.withDefault(false),
)

/** This command with a few samples instead of `--plan`. */
const measureCommand = (): string => {
  const words = process.argv.slice(2).filter((word) => word !== '--plan' && word !== '--json')
  const limited = words.some((word) => /^--limit(=|$)/.test(word))
  return spanwiseCommand(...words, ...(limited ? [] : ['--limit', '20']))
}

export const foldSize = whole('fold-size', 'samples per fold, default 22000', 1)

/** The tasks that `--task` names. */
export const tasksOf = (task: Option.Option<'grounding' | 'grounded-qa' | 'both' | 'counting'>) =>
  Option.match(task, {
    onNone: () => ({}),
    onSome: (name) => ({ tasks: name === 'both' ? ['grounding', 'grounded-qa'] : [name] }),
  })

type Given = Command.Command.Config.Infer<typeof agentFlags>

/** The agent's own settings: those of the configuration, then those of the flags. */
export const agentSettings = Effect.fnUntraced(function* (name: AgentCommand, input: Given) {
  const { agents } = yield* loadConfig()
  return { ...agents?.[name], ...(yield* settingsOf(input.settings)) }
})

const flags = {
  ...agentFlags,
  run,
  json,
  fold: Flag.Int('fold').pipe(
    Flag.withDescription('index of the fold to process, from 0; default 0'),
    Flag.withDefault(0),
  ),
  foldSize,
  ...part,
  plan: Flag.Boolean('plan').pipe(
    Flag.withDescription(
      'do no work; print the number of samples, requests and tokens, and the hours at a measured rate',
    ),
    Flag.withDefault(false),
  ),
  breakLease,
  merge: Flag.Boolean('merge').pipe(
    Flag.withDescription('fill curation.duckdb afterwards; by default if the dataset is a single fold'),
    Flag.optional,
  ),
  retry: Flag.Boolean('retry').pipe(
    Flag.withDescription('process samples that failed or had no video again'),
    Flag.withDefault(false),
  ),
}

const lines = (name: string, folder: string, summary: FoldSummary): ReadonlyArray<string> => [
  `${name}: ${summary.done} of ${summary.planned} done in ${summary.seconds.toFixed(1)} s: ${summary.kept} kept, ${summary.dropped} flagged, ${summary.failed} failed, ${summary.absent} without video, ${summary.duplicates} duplicates`,
  `verdicts: ${join(folder, 'curation.duckdb')}`,
]

/** Number of failures listed individually; a query returns the rest. */
const named = 20

const failureLines = (failures: ReadonlyArray<Failure>, folder: string): ReadonlyArray<string> => [
  ...failures
    .slice(0, named)
    .map(({ sample, file, outcome, reason }) =>
      plainLine(`  ${outcome}  ${sample}  ${file}  ${reason}`).trimEnd(),
    ),
  ...(failures.length > named
    ? [
        `  and ${failures.length - named} more: ${spanwiseCommand('query', 'FROM failures', '--run', folder, '--csv')}`,
      ]
    : []),
]

/** What was not done, and how to continue. */
const gapsOf = (subject: string, summary: AgentSummary, folder: string): IncompleteError | null => {
  const first = summary.failures.find(({ outcome }) => outcome === 'absent')?.file
  const gaps = describeGaps(summary, folder, first)
  return gaps === null
    ? null
    : new IncompleteError({
        subject,
        problem: gaps.problem,
        remedy: `${gaps.listed}; fix them, then run the same command with --retry`,
      })
}

/** The model's profile and how clips would be sent to it, without loading it. */
export const profileOf = Effect.fnUntraced(function* (chosen: Backend) {
  if (chosen.kind === 'embedded') {
    const preprocessing = yield* readPreprocessing(chosen.engine.checkpoint)
    return { profile: yield* checkpointProfile(preprocessing, chosen.overrides), medium: 'video' as const }
  }
  const { model, media } = chosen.settings
  const named = { name: model, aliases: [], family: null, architecture: null }
  const unknown = { processor: null, sampling: null, template: null }
  return {
    profile: yield* Effect.fromResult(makeProfile({ ...named, ...unknown }, chosen.overrides)),
    medium: media === 'frames' ? ('pictures' as const) : ('video' as const),
  }
})

/** The command of an agent. `more` says what a run left besides its verdicts. */
export const agentCommand = <A extends AgentSummary, E, R>(
  name: AgentCommand,
  run: (options: AgentOptions) => Effect.Effect<A, E, R>,
  description: string,
  examples: ReadonlyArray<{ readonly command: string; readonly description: string }>,
  more: (summary: A) => ReadonlyArray<string> = () => [],
) =>
  Command.make(
    name,
    flags,
    Effect.fn(function* (input) {
      const { split, fold, foldSize, policy, form, retry, json, merge, memory, breakLease } = input
      const config = yield* loadConfig()
      const dataset = yield* datasetOf(input.dataset, config)
      const { make, ...places } = yield* placesOf(dataset, input)
      const folder = Option.getOrElse(input.run, () => join(config.runs, dataset))
      const chosen = yield* backendOf(config, input)
      const settings = yield* agentSettings(name, input)
      if (chosen.kind === 'embedded') yield* requireCheckpoint(chosen.engine.checkpoint)
      else if (!input.plan) yield* requireKey(chosen.settings)
      yield* checkSettings({ agent: name, run: folder, settings })
      yield* make
      const source = {
        dataset,
        split: Option.getOrElse(split, () => 'train'),
        ...places,
        ...given({ form, foldSize, sample: input.sample, limit: input.limit, cleaning: input.cleaning }),
        ...tasksOf(input.task),
        policy,
        fold,
        run: folder,
        settings,
      }
      if (input.plan) {
        const plan = yield* planWork({ ...source, ...(yield* profileOf(chosen)), agent: name }).pipe(
          Effect.provide(Videos.layer({ workers: 1 })),
        )
        return yield* print(json, plan, planLines(plan, measureCommand()))
      }
      const options: AgentOptions = {
        ...source,
        ...given({ merge, memory }),
        retry,
        breakLease,
        inFlight: inFlightOf(chosen),
      }
      const cache = yield* cacheOf(input, folder)
      const summary = yield* run(options).pipe(
        Effect.provide(modelServices(chosen, cache)),
        Effect.withSpan('fold', { attributes: { agent: name, dataset, fold } }),
        Effect.provide(telemetry(Option.getOrUndefined(input.otlp))),
      )
      yield* print(json, summary, [...lines(name, folder, summary), ...more(summary)])
      const gap = gapsOf(`${name} ${dataset}`, summary, folder)
      if (gap === null) return
      if (!json) yield* Console.error(failureLines(summary.failures, folder).join('\n'))
      return yield* gap
    }),
  ).pipe(Command.withDescription(description), Command.withExamples(examples))

const examples = (name: string) => [
  {
    command: `spanwise ${name} --dataset shapes --fold 0`,
    description: 'on the small synthetic dataset included with Spanwise',
  },
  {
    command: `spanwise ${name} --dataset charades --split test --annotations DIR --videos DIR`,
    description: 'on your copy of a published dataset',
  },
  {
    command: `spanwise ${name} --dataset shapes --task grounded-qa --run runs/questions`,
    description: 'on multiple-choice questions with annotated evidence',
  },
  {
    command: `spanwise ${name} --dataset charades --backend openai --preset vllm --base-url http://gpu1:8000/v1,http://gpu2:8000/v1 --model Qwen/Qwen3-VL-8B-Instruct`,
    description: 'with two vLLM servers instead of the embedded engine',
  },
]

export const bra = agentCommand(
  'bra',
  runBra,
  'Boundary reflection: find annotations that miss moments which also match the query',
  examples('bra'),
)
export const dea = agentCommand(
  'dea',
  runDea,
  'Difficulty estimation: measure zero-shot grounding accuracy on each sample',
  examples('dea'),
)
