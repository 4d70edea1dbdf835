import { Data, type Effect } from 'effect'
import type { VideoError } from '../../core/index.ts'
import type { Composition } from '../../rewards/index.ts'
import type { Wording } from '../clip-prompts.ts'
import type { ClipViews } from '../clip-views.ts'
import type { TrainingItem } from '../data.ts'
import type { GrpoOptions, SftOptions } from '../options.ts'
import type { RunFolder } from '../run-folder.ts'
import type { EngineSettings } from './engine-settings.ts'
import type {
  EventRequest,
  PromptItem,
  PromptsRequest,
  RewardsRequest,
  RunAnswer,
  TurnsRequest,
} from './schemas.ts'
import type { ServedSeekOptions } from './seek.ts'

/** A request that the run cannot answer; `status` is that of HTTP. */
export class Refusal extends Data.TaggedError('Refusal')<{
  readonly status: 400 | 404 | 409 | 422
  readonly problem: string
}> {}

export type TrainingKind =
  | { readonly kind: 'curriculum'; readonly options: GrpoOptions; readonly rewards: Composition }
  | { readonly kind: 'sft'; readonly options: SftOptions }

export interface TrainingServiceOptions {
  readonly run: string
  readonly training: TrainingKind
  readonly steps: number
  readonly items: ReadonlyArray<TrainingItem>
  readonly views: ClipViews
  readonly folder: RunFolder
  readonly engine: EngineSettings
  /** How questions are put. */
  readonly wording: Wording
  /** How conversations about frames show them; by default one video for all frames of a round. */
  readonly shown?: Pick<ServedSeekOptions, 'layout' | 'framesPerToken'>
  /** The tokens of a text, where the model's tokenizer is here: those of thoughts are counted with it. */
  readonly encode?: (text: string) => ReadonlyArray<number>
  /** Folder for frames that the engine's machine sees too; null serves them by HTTP only. */
  readonly sharedFrames: string | null
  /** Steps whose videos are read before they are asked for (default 1). */
  readonly ahead?: number
  /** Runs when the engine has written a checkpoint, e.g. to refresh the metrics database. */
  readonly onCheckpoint?: Effect.Effect<void>
}

export interface TrainingService {
  readonly run: RunAnswer
  readonly prompts: (
    request: PromptsRequest,
  ) => Effect.Effect<ReadonlyArray<PromptItem>, Refusal | VideoError>
  /** The next rounds of conversations in which the model asks for frames. */
  readonly turns: (
    request: TurnsRequest,
  ) => Effect.Effect<ReadonlyArray<PromptItem | null>, Refusal | VideoError>
  readonly frame: (hash: string, format: 'rgb' | 'jpeg') => Effect.Effect<Uint8Array, Refusal | VideoError>
  readonly rewards: (request: RewardsRequest) => Effect.Effect<
    ReadonlyArray<{
      readonly id: string
      readonly generation: number
      readonly reward: number
      readonly scores: { readonly [name: string]: number }
    }>,
    Refusal | VideoError
  >
  readonly event: (request: EventRequest) => Effect.Effect<{ readonly stop: boolean }, Refusal>
}
