import type { Effect } from 'effect'
import type { EngineError, IncompleteError, InputError, VideoError } from '../../core/index.ts'
import type { EngineOptions } from '../../engine/index.ts'
import type { ModelError } from '../../models/index.ts'
import type { Table } from '../../pipelines/report/page.ts'
import type { StoreError } from '../../store/index.ts'
import type { Videos } from '../../video/index.ts'

/** How much work a demo is; each task has its own defaults. */
export interface DemoSizes {
  /** Training videos to render. */
  readonly videos: number
  readonly validationVideos: number
  /** Samples that each training run may use. */
  readonly selected: number
  /** GRPO steps of each training run. */
  readonly steps: number
  /** Prompts of a step. */
  readonly prompts: number
  readonly learningRate: number
  /** Steps of supervised fine-tuning, in tasks that have it. */
  readonly sftSteps?: number
}

/** Options of `spanwise demo`, whatever its task. */
export interface DemoOptions extends DemoSizes {
  /** Folder of everything the demo writes; results of an earlier demo in it are removed, other files are refused. */
  readonly folder: string
  readonly engine: EngineOptions
  /** Checkpoint that boundary reflection asks; `engine` names the one that is estimated, trained and measured. */
  readonly judge: string
  readonly seed: number
}

export interface DemoOutcome {
  /** What `--json` prints and `report.json` holds. */
  readonly report: object
  /** What is printed on a terminal. */
  readonly tables: ReadonlyArray<Table>
  /** Path of the page. */
  readonly html: string
}

export type DemoError = InputError | VideoError | EngineError | ModelError | StoreError | IncompleteError

/** One task of `spanwise demo --task`. A new one is one file here and one line in `catalogue.ts`. */
export interface TaskDemo {
  /** What it shows, for the help of the command. */
  readonly about: string
  readonly defaults: DemoSizes
  readonly run: (options: DemoOptions) => Effect.Effect<DemoOutcome, DemoError, Videos>
}
