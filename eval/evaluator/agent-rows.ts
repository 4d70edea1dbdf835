import { join } from 'node:path'
import { Effect } from 'effect'
import { type Agent, type LookSettings, watchReplies } from '../../agents/index.ts'
import { type InputError, type Sample, sampleKey } from '../../core/index.ts'
import { foldName, listParts, planFolds, runFold } from '../../folds/index.ts'
import type { ModelError, VisionLanguageModel } from '../../models/index.ts'
import { openDatabase, readParts, type StoreError } from '../../store/index.ts'
import type { Videos } from '../../video/index.ts'

export interface AgentRowOptions<S> {
  /** Folder of the replies; replies of an earlier start with the same model and settings are reused. */
  readonly folder: string
  /** Folder of the videos. */
  readonly videos: string
  readonly settings: S
  /** What else is recorded with the replies. */
  readonly provenance?: { readonly [name: string]: string }
  /** Samples with the model at the same time. */
  readonly inFlight?: number
  readonly decoders?: number
  /** Maximum bytes of frames held at the same time. */
  readonly memory?: number
}

/** A sample's row in the part files, and the fold's folder. */
export interface AgentRows {
  readonly fold: string
  readonly rows: ReadonlyMap<string, { readonly [column: string]: unknown }>
}

/**
 * Runs an agent over all samples as one fold and returns its rows by sample id, with the columns `key`, `outcome`,
 * `reason`, `evidence`. Samples that failed or whose video was missing at an earlier start are tried again.
 */
export const agentRows = Effect.fn('Evaluator.agentRows')(function* <S extends LookSettings, E, C>(
  agent: Agent<S, E, C, Videos | VisionLanguageModel>,
  options: AgentRowOptions<S>,
  samples: ReadonlyArray<Sample>,
): Effect.fn.Return<AgentRows, InputError | StoreError | ModelError, Videos | VisionLanguageModel> {
  const foldSize = samples.length
  if (foldSize === 0) return { fold: options.folder, rows: new Map() }
  const fold = join(options.folder, foldName(planFolds(foldSize, foldSize)[0]!))
  yield* runFold(watchReplies(agent), { ...options, samples, foldSize, retry: true })
  const parts = (yield* listParts(options.folder)).filter((path) => path.startsWith(join(fold, '/')))
  const rows = yield* Effect.scoped(
    Effect.flatMap(openDatabase(':memory:', { threads: 1, memory: '512MB' }), (database) =>
      readParts(database, parts, ['key', 'outcome', 'reason', 'evidence']),
    ),
  )
  const byKey = new Map(rows.map((row) => [String(row.key), row]))
  return { fold, rows: new Map(samples.map((sample) => [sample.id, byKey.get(sampleKey(sample))!])) }
})
