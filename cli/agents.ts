import { join } from 'node:path'
import { Console, Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { IncompleteError } from '../core/index.ts'
import type { Failure, FoldSummary } from '../folds/index.ts'
import type { AgentOptions } from '../pipelines/agent.ts'
import { runBra } from '../pipelines/bra.ts'
import { loadConfig } from '../pipelines/config.ts'
import { runDea } from '../pipelines/dea.ts'
import { telemetry } from '../pipelines/telemetry.ts'
import { backend, backendOf, inFlightOf } from './backend.ts'
import { cacheOf, clipCache, frameMemory } from './clips.ts'
import { cleaning, foldersOf, given, json, print, run, settings, settingsOf, source, whole } from './flags.ts'
import { modelServices } from './services.ts'

/** What an agent is told, whichever folds it runs; `spanwise folds` hands these flags on as they are. */
export const agentFlags = {
  ...source,
  ...backend,
  ...clipCache,
  memory: frameMemory,
  settings,
  cleaning,
  otlp: Flag.String('otlp').pipe(
    Flag.withDescription('collector that traces go to (OTLP over HTTP), e.g. http://127.0.0.1:4318'),
    Flag.optional,
  ),
}

export const foldSize = whole('fold-size', 'samples of a fold, default 22000', 1)

type Given = Command.Command.Config.Infer<typeof agentFlags>

/** The agent's own settings after its flags. */
export const agentSettings = (input: Given): { readonly [name: string]: unknown } =>
  settingsOf(input.settings)

const flags = {
  ...agentFlags,
  run,
  json,
  fold: Flag.Int('fold').pipe(
    Flag.withDescription('which slice of the dataset, from 0'),
    Flag.withDefault(0),
  ),
  foldSize,
  merge: Flag.Boolean('merge').pipe(
    Flag.withDescription('fill curation.duckdb afterwards; by default where the dataset is a single fold'),
    Flag.optional,
  ),
  retry: Flag.Boolean('retry').pipe(
    Flag.withDescription('look again at samples that failed or whose video was absent'),
    Flag.withDefault(false),
  ),
}

const lines = (name: string, folder: string, summary: FoldSummary): ReadonlyArray<string> => [
  `${name}: ${summary.done} of ${summary.planned} done in ${summary.seconds.toFixed(1)} s: ${summary.kept} kept, ${summary.dropped} flagged, ${summary.failed} failed, ${summary.absent} without video, ${summary.duplicates} duplicates`,
  `verdicts: ${join(folder, 'curation.duckdb')}`,
]

/** So many failures are named one by one; a query gives the rest. */
const named = 20

const failureLines = (failures: ReadonlyArray<Failure>, folder: string): ReadonlyArray<string> => [
  ...failures
    .slice(0, named)
    .map(({ sample, file, outcome, reason }) => `  ${outcome}  ${sample}  ${file}  ${reason}`),
  ...(failures.length > named
    ? [`  and ${failures.length - named} more: spanwise query "FROM failures" --run ${folder} --csv`]
    : []),
]

const agentCommand = (name: 'bra' | 'dea', run: typeof runBra | typeof runDea, description: string) =>
  Command.make(
    name,
    flags,
    Effect.fn(function* (input) {
      const { dataset, split, fold, foldSize, policy, form, retry, json, merge, memory } = input
      const config = yield* loadConfig()
      const chosen = yield* backendOf(config, input)
      const folder = Option.getOrElse(input.run, () => join(config.runs, dataset))
      const options: AgentOptions = {
        dataset,
        split: Option.getOrElse(split, () => 'train'),
        ...(yield* foldersOf(dataset, input)),
        ...given({ form, foldSize, merge, memory, cleaning: input.cleaning }),
        policy,
        fold,
        retry,
        run: folder,
        inFlight: inFlightOf(chosen),
        settings: agentSettings(input),
      }
      const cache = yield* cacheOf(input, folder)
      const summary = yield* run(options).pipe(
        Effect.provide(modelServices(chosen, cache)),
        Effect.withSpan('fold', { attributes: { agent: name, dataset, fold } }),
        Effect.provide(telemetry(Option.getOrUndefined(input.otlp))),
      )
      yield* print(json, summary, lines(name, folder, summary))
      if (summary.failed > 0) {
        if (!json) yield* Console.error(failureLines(summary.failures, folder).join('\n'))
        return yield* new IncompleteError({
          subject: `${name} ${dataset}`,
          problem: `${summary.failed} of ${summary.planned} samples failed`,
          remedy: `their reasons are in ${join(folder, 'curation.duckdb')}; mend them and run again with --retry`,
        })
      }
    }),
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([
      {
        command: `spanwise ${name} --dataset shapes --fold 0`,
        description: 'the small world that ships with Spanwise',
      },
      {
        command: `spanwise ${name} --dataset charades --split test --annotations DIR --videos DIR`,
        description: "one's own copy of a published dataset",
      },
      {
        command: `spanwise ${name} --dataset charades --backend openai --preset vllm --base-url http://gpu1:8000/v1,http://gpu2:8000/v1 --model Qwen/Qwen3-VL-8B-Instruct`,
        description: 'two servers answer instead of the engine inside',
      },
    ]),
  )

export const bra = agentCommand(
  'bra',
  runBra,
  'Boundary reflection: which annotations leave out moments that also fit the query',
)
export const dea = agentCommand(
  'dea',
  runDea,
  'Difficulty estimation: zero-shot grounding skill on each sample',
)
