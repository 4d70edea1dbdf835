import { Effect, Result } from 'effect'
import { Progress } from '../../core/index.ts'
import { locate } from '../../files/index.ts'
import { Videos } from '../../video/index.ts'
import { type DatasetOptions, readSplits } from './readings.ts'

export interface CheckOptions extends DatasetOptions {
  readonly videos: string
  /** Seconds by which the annotated and the true duration may differ. */
  readonly tolerance: number
}

/** One video file that is not as the annotations have it. */
export interface VideoFault {
  readonly file: string
  readonly kind: 'missing' | 'unreadable' | 'duration'
  readonly message: string
  /** Samples that ask about it. */
  readonly samples: number
  /** Seconds, where the kind is `duration`. */
  readonly annotated?: number
  readonly measured?: number
}

interface Wanted {
  readonly file: string
  readonly duration: number | null
  readonly samples: number
}

/** `spanwise datasets check`: whether each annotated video is there, can be read, and is as long as annotated. */
export const runCheck = Effect.fn('Pipelines.runCheck')(function* (options: CheckOptions) {
  const { readings } = yield* readSplits(options)
  const wanted = new Map<string, Wanted>()
  for (const { file, duration } of readings.flatMap(({ reading }) => reading.samples)) {
    const known = wanted.get(file)
    wanted.set(file, {
      file,
      duration: known?.duration ?? duration,
      samples: (known?.samples ?? 0) + 1,
    })
  }
  const videos = yield* Videos
  const progress = yield* Progress
  let done = 0
  let failed = 0
  const faults = yield* Effect.forEach(
    [...wanted.values()],
    Effect.fnUntraced(function* ({ file, duration, samples }) {
      const probed = yield* Effect.result(videos.probe(locate(options.videos, file)))
      const fault = ((): VideoFault | null => {
        if (Result.isFailure(probed)) {
          const { reason, problem } = probed.failure
          return { file, kind: reason === 'missing' ? 'missing' : 'unreadable', message: problem, samples }
        }
        const measured = probed.success.duration
        if (duration === null || Math.abs(measured - duration) <= options.tolerance) return null
        const message = `lasts ${measured.toFixed(2)} s, annotated are ${duration} s`
        return { file, kind: 'duration', message, samples, annotated: duration, measured }
      })()
      done++
      if (fault !== null) failed++
      yield* progress.report({ label: 'checking videos', done, total: wanted.size, failed })
      return fault
    }),
    { concurrency: videos.workers + 1 },
  )
  const found = faults.filter((fault) => fault !== null)
  const count = (kind: VideoFault['kind']) => found.filter((fault) => fault.kind === kind).length
  return {
    dataset: options.dataset,
    splits: readings.map(({ split }) => split),
    videos: wanted.size,
    sound: wanted.size - found.length,
    missing: count('missing'),
    unreadable: count('unreadable'),
    duration: count('duration'),
    tolerance: options.tolerance,
    faults: found,
  }
})
