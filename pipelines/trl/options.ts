import type { ExecutorName } from '../../folds/executors/index.ts'

/** Options of `spanwise train ... --engine trl` in addition to the training's. */
export interface TrlOptions {
  /** GPUs of one node, one process each; 0 trains on the CPU. */
  readonly gpus: number
  /** Python with the packages of `engines/trl`. */
  readonly python: string
  /** `EngineSettings`; what is left out has its default. */
  readonly engine: { readonly [name: string]: unknown }
  readonly offload: boolean
  readonly executor: ExecutorName
  readonly executorOptions: { readonly [name: string]: unknown }
  /** Cores to request from a scheduler. */
  readonly cpus: number
  /** Address and port of the service; any free port of loopback by default. */
  readonly host: string
  readonly port: number
}
