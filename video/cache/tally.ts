/** Where decoded clips are kept, and how many bytes they may take together. */
export interface CacheSettings {
  readonly folder: string
  readonly limit: number
}

/** What the threads of one process share: KiB written since the last trim, KiB that make one due, whether one runs. */
export type Tally = Int32Array<SharedArrayBuffer>
export const makeTally = (): Tally => new Int32Array(new SharedArrayBuffer(12))
