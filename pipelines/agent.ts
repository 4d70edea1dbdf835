import { join } from 'node:path'
import { Effect } from 'effect'
import { type Agent, type LookSettings, watchReplies } from '../agents/index.ts'
import type { InputError, Task } from '../core/index.ts'
import { holderOf, locate } from '../files/index.ts'
import {
  defaultFoldSize,
  type Failure,
  type Fold,
  type FoldSummary,
  findSlice,
  foldName,
  listFailures,
  listParts,
  planFolds,
  recordedPlan,
  recordPlan,
  recordVideos,
  runFold,
  sliceOf,
  touchPlan,
} from '../folds/index.ts'
import { type ModelError, VisionLanguageModel } from '../models/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import type { StoreError } from '../store/index.ts'
import type { Videos } from '../video/index.ts'
import { planOf, wantedSamples } from './folds/plan.ts'
import { runMerge } from './merge.ts'
import { parseSettings } from './settings.ts'
import { announceSight, mediumOf } from './sight.ts'
import { type DatasetSource, loadSource } from './source.ts'

/** Options of the command of an agent. */
export interface AgentOptions extends DatasetSource {
  /** Folder of the videos. */
  readonly videos: string
  /** The run's folder. */
  readonly run: string
  readonly fold?: number
  readonly foldSize?: number
  /** Tasks whose samples are processed; see `PlanOptions`. */
  readonly tasks?: ReadonlyArray<Task>
  /** Only so many of them, drawn at random, and only the first of these; see `PlanOptions`. */
  readonly sample?: number
  readonly limit?: number
  /** The agent's settings; omitted ones have their defaults, unknown ones are refused. */
  readonly settings?: { readonly [name: string]: unknown }
  /** Process samples again that failed or whose video was missing. */
  readonly retry?: boolean
  /** Take over the fold from another holder. */
  readonly breakLease?: boolean
  readonly inFlight?: number
  readonly decoders?: number
  /** Maximum bytes of frames held at the same time; default 512 MiB. */
  readonly memory?: number
  /**
   * Fill `RUN/curation.duckdb` afterwards; by default where the dataset is a single fold. Otherwise, and if another
   * process has the database open, `curate` does it.
   */
  readonly merge?: boolean
}

export interface AgentSummary extends FoldSummary {
  /** Each sample that failed or whose video was absent, with its reason. */
  readonly failures: ReadonlyArray<Failure>
  /** Whether `RUN/curation.duckdb` was filled. */
  readonly merged: boolean
}

/** Records the plan of a fold as the current one of its slice, unless it is recorded or a driver of folds has its own. */
const planHeld = Effect.fnUntraced(function* (
  folder: string,
  fold: Fold & { readonly plan: string },
  loaded: Parameters<typeof planOf>[0],
  options: AgentOptions & { readonly tasks: ReadonlyArray<Task> },
) {
  if ((yield* holderOf(folder)) !== null) return
  const before = yield* recordedPlan(folder)
  // A first fold whose merging is left to others is part of a plan that they are to record.
  if (before === null && options.merge === false && (yield* listParts(folder)).length === 0) return
  const known = before?.folds[fold.index]
  if (
    before !== null &&
    known !== undefined &&
    known.plan === fold.plan &&
    known.end === fold.end &&
    before.files === loaded.provenance.files &&
    before.folds.at(-1)!.end === loaded.samples.length &&
    before.foldSize === (options.foldSize ?? defaultFoldSize)
  )
    return yield* touchPlan(folder, before)
  const { file, planned } = planOf(loaded, { ...options, source: options })
  yield* recordPlan(folder, file, planned)
})

/** Runs one agent over one fold of a dataset. */
export const runAgent = Effect.fn('Pipelines.runAgent')(function* <S extends LookSettings, E, C>(
  agent: Agent<S, E, C>,
  options: AgentOptions,
): Effect.fn.Return<AgentSummary, InputError | StoreError | ModelError, Videos | VisionLanguageModel> {
  const { profile, identity } = yield* VisionLanguageModel
  const settings = yield* parseSettings(agent.command, agent.settings, {
    ...agent.defaults(profile),
    ...options.settings,
  })
  const source = yield* loadSource(options)
  const { run, videos, fold, foldSize, retry, breakLease, inFlight, decoders, memory } = options
  const { samples, tasks } = yield* wantedSamples(source.samples, agent, options)
  const announce = announceSight({
    ...{ profile, medium: mediumOf(identity), question: tasks[0]!, datasets: [source.dataset.name] },
    files: samples.slice(0, 100).map(({ file }) => locate(videos, file)),
    counted: samples.map((sample) => [sample, locate(videos, sample.file)] as const),
  })
  const summary = yield* runFold(watchReplies(agent), {
    folder: join(run, agent.name),
    samples,
    videos,
    settings,
    onHeld: (folder, held) =>
      Effect.gen(function* () {
        yield* planHeld(folder, held, { ...source, samples }, { ...options, tasks })
        yield* recordVideos(folder, videos)
        yield* announce
      }),
    provenance: { ...source.provenance, spanwise: packageJson.version },
    ...(fold === undefined ? {} : { fold }),
    ...(foldSize === undefined ? {} : { foldSize }),
    ...(retry === undefined ? {} : { retry }),
    ...(breakLease === undefined ? {} : { breakLease }),
    ...(inFlight === undefined ? {} : { inFlight }),
    ...(decoders === undefined ? {} : { decoders }),
    ...(memory === undefined ? {} : { memory }),
  })
  const merged =
    (options.merge ?? samples.length <= (foldSize ?? defaultFoldSize)) &&
    (yield* runMerge(run).pipe(
      Effect.as(true),
      Effect.catchTag('InputError', (error) =>
        Effect.as(Effect.logWarning(`${error.message} (curate will merge the verdicts)`), false),
      ),
    ))
  if (summary.failed + summary.absent === 0) return { ...summary, merged, failures: [] }
  const folder = yield* findSlice(join(run, agent.name), sliceOf(samples))
  const name = foldName(planFolds(samples.length, foldSize)[fold ?? 0]!)
  return { ...summary, merged, failures: yield* listFailures(join(folder, name)) }
})
