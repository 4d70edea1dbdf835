/** The body of a video worker: serves one request after the other with FFmpeg's blocking calls. */
import { parentPort, workerData } from 'node:worker_threads'
import { cachedClip } from './cache/cache.ts'
import { Encoder } from './encode.ts'
import { Cancelled, VideoFault } from './fault.ts'
import type { Answers, Reply, Request, WorkerData } from './protocol.ts'
import { probe, readClip } from './read.ts'

const { stop, cache } = workerData as WorkerData
const cancelled = () => Atomics.load(stop, 0) === 1

/** The encoder between `encode-open` and `encode-finish`. */
let encoding: { readonly encoder: Encoder; readonly frameBytes: number } | undefined

const abortEncoding = () => {
  encoding?.encoder.abort()
  encoding = undefined
}

const addFrames = (frames: Uint8Array) => {
  if (encoding === undefined) throw new VideoFault('encode', 'frames came without an open encoder')
  const { encoder, frameBytes } = encoding
  for (let from = 0; from < frames.byteLength; from += frameBytes) {
    if (cancelled()) throw new Cancelled()
    encoder.add(frames.subarray(from, from + frameBytes))
  }
}

const serve = (request: Request): Answers[keyof Answers] => {
  switch (request.kind) {
    case 'probe':
      return probe(request.path, cancelled)
    case 'clip': {
      const { path, sampling, budget, media = { kind: 'pixels' } } = request
      const read = () => readClip(path, sampling, budget, cancelled, undefined, media)
      if (cache === undefined) return read()
      return cachedClip(cache.settings, cache.tally, { path, sampling, budget, media }, read)
    }
    case 'encode-open': {
      const { path, settings } = request
      const frameBytes = settings.width * settings.height * 3
      encoding = { encoder: new Encoder(path, settings), frameBytes }
      return null
    }
    case 'encode-frames':
      addFrames(request.frames)
      return null
    case 'encode-finish':
      encoding?.encoder.finish()
      encoding = undefined
      return null
    case 'encode-abort':
      abortEncoding()
      return null
  }
}

/** The buffers that can move to the main thread instead of being copied. */
const movable = (value: Answers[keyof Answers]): Array<ArrayBuffer> =>
  value !== null && 'rgb' in value
    ? // Several JPEGs may share a buffer, or one be shown twice, and a buffer can be transferred only once.
      [
        ...new Set(
          [value.rgb, value.times, value.blank, value.indices, ...(value.encoded ?? [])].map(
            ({ buffer }) => buffer as ArrayBuffer,
          ),
        ),
      ]
    : []

const faultOf = (error: unknown, request: Request): Reply => {
  if (error instanceof Cancelled) return { kind: 'cancelled' }
  if (error instanceof VideoFault) return { kind: 'fault', reason: error.reason, problem: error.message }
  const problem = error instanceof Error ? error.message : String(error)
  return { kind: 'fault', reason: request.kind.startsWith('encode') ? 'encode' : 'unreadable', problem }
}

parentPort?.on('message', (request: Request) => {
  try {
    const value = serve(request)
    parentPort?.postMessage({ kind: 'done', value } satisfies Reply, movable(value))
  } catch (error) {
    if (request.kind.startsWith('encode')) abortEncoding()
    parentPort?.postMessage(faultOf(error, request))
  }
})
