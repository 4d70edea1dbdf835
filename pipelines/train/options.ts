import type { Sample } from '../../core/index.ts'
import type { EngineOptions } from '../../engine/index.ts'
import type { ProfileOverrides } from '../../models/index.ts'
import type { SinkName } from '../../trainer/index.ts'
import type { VideoFolders } from './data.ts'

/** Options of `spanwise train sft` and `spanwise train curriculum`. */
export interface TrainOptions {
  /** Folder of the checkpoint to start from: the one that the engine has loaded. */
  readonly model: string
  /** Folder of a curated dataset, or a JSONL file like its `train.jsonl`. */
  readonly data: string
  readonly videos: VideoFolders
  /** The run's folder; continued where it holds a run of the same settings. */
  readonly run: string
  /** Only the first samples of the split, if given. */
  readonly limit?: number
  /** Take over the run's folder from its recorded holder. */
  readonly breakLease?: boolean
  /** Overrides of the model's profile. */
  readonly profile?: ProfileOverrides
  /** `GrpoOptions` or `SftOptions`; omitted ones have their defaults, unknown ones are refused. */
  readonly settings?: { readonly [name: string]: unknown }
  /** Samples to validate on before the first step, every `evaluateEvery` steps and after the last. */
  readonly validation?: {
    readonly samples: ReadonlyArray<Sample>
    readonly videos: string
    /** Validate even if training shares videos with it. */
    readonly allowOverlap?: boolean
  }
  /** Where the figures go besides the run's own files. */
  readonly sinks?: ReadonlyArray<SinkName>
  /** Limit of the caches of clips and prompts each, in bytes. */
  readonly cacheBytes?: number
  /** What the engine was made with: recorded with the run, and used for the reference model where `beta` is above 0. */
  readonly engine?: Partial<Omit<EngineOptions, 'checkpoint'>>
}
