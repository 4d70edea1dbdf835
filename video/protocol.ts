import type { CacheSettings, Tally } from './cache/tally.ts'
import type { Reason } from './fault.ts'
import type { Clip, EncodeSettings, FrameSampling, Media, PixelBudget, VideoInfo } from './model.ts'

/** What a worker is asked. Encoding takes several requests, because frames come in portions. */
export type Request =
  | { readonly kind: 'probe'; readonly path: string }
  | {
      readonly kind: 'clip'
      readonly path: string
      readonly sampling: FrameSampling
      readonly budget: PixelBudget | undefined
      readonly media?: Media | undefined
    }
  | { readonly kind: 'encode-open'; readonly path: string; readonly settings: EncodeSettings }
  | { readonly kind: 'encode-frames'; readonly frames: Uint8Array }
  | { readonly kind: 'encode-finish' }
  | { readonly kind: 'encode-abort' }

/** What each request is answered with. */
export interface Answers {
  readonly probe: VideoInfo
  readonly clip: Clip
  readonly 'encode-open': null
  readonly 'encode-frames': null
  readonly 'encode-finish': null
  readonly 'encode-abort': null
}

/** What a worker posts back: one reply to each request, in order. */
export type Reply =
  | { readonly kind: 'done'; readonly value: Answers[keyof Answers] }
  | { readonly kind: 'fault'; readonly reason: Reason; readonly problem: string }
  | { readonly kind: 'cancelled' }

/** Where a pool's workers keep decoded clips, and the numbers they share about it. */
export interface WorkerCache {
  readonly settings: CacheSettings
  readonly tally: Tally
}

/** What a worker is started with. `stop` is one shared number, set to 1 to stop what it is doing. */
export interface WorkerData {
  readonly stop: Int32Array<SharedArrayBuffer>
  readonly cache: WorkerCache | undefined
}
