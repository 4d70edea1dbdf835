import { join } from 'node:path'
import { Effect } from 'effect'
import { watchReplies } from '../../agents/index.ts'
import { type InputError, type Sample, sampleKey } from '../../core/index.ts'
import { foldName, listParts, planFolds, runFold } from '../../folds/index.ts'
import type { ModelError, VisionLanguageModel } from '../../models/index.ts'
import { openDatabase, readParts, type StoreError } from '../../store/index.ts'
import type { Videos } from '../../video/index.ts'
import { type AnswerSettings, answerEvidence, answerer } from './answerer.ts'
import type { SampleReply } from './replies.ts'

export interface ModelReplyOptions {
  /** Folder of the replies; replies of an earlier start with the same model and settings are reused. */
  readonly folder: string
  /** Folder of the videos. */
  readonly videos: string
  readonly settings: AnswerSettings
  /** What else is recorded with the replies. */
  readonly provenance?: { readonly [name: string]: string }
  /** Samples with the model at the same time. */
  readonly inFlight?: number
  readonly decoders?: number
  /** Maximum bytes of frames held at the same time. */
  readonly memory?: number
}

const fromRow = (row: { readonly [column: string]: unknown }): SampleReply =>
  row.outcome === 'kept'
    ? { state: 'replied', reply: answerEvidence.parse(JSON.parse(String(row.evidence))).reply }
    : { state: row.outcome === 'absent' ? 'absent' : 'failed', reason: String(row.reason) }

/**
 * Greedy replies of the model in context, stored sample by sample in the part files of a fold. Samples that failed or
 * whose video was missing at an earlier start are tried again.
 */
export const modelReplies = (options: ModelReplyOptions) =>
  Effect.fn('Evaluator.modelReplies')(function* (
    samples: ReadonlyArray<Sample>,
  ): Effect.fn.Return<
    ReadonlyMap<string, SampleReply>,
    InputError | StoreError | ModelError,
    Videos | VisionLanguageModel
  > {
    if (samples.length === 0) return new Map()
    const foldSize = samples.length
    yield* runFold(watchReplies(answerer), { ...options, samples, foldSize, retry: true })
    const fold = join(options.folder, foldName(planFolds(samples.length, foldSize)[0]!))
    const parts = (yield* listParts(options.folder)).filter((path) => path.startsWith(join(fold, '/')))
    const rows = yield* Effect.scoped(
      Effect.flatMap(openDatabase(':memory:', { threads: 1, memory: '512MB' }), (database) =>
        readParts(database, parts, ['key', 'outcome', 'reason', 'evidence']),
      ),
    )
    const byKey = new Map(rows.map((row) => [String(row.key), fromRow(row)]))
    return new Map(samples.map((sample) => [sample.id, byKey.get(sampleKey(sample))!]))
  })
