import { Effect, Result } from 'effect'
import { Progress, type Sample, Windows } from '../../core/index.ts'
import { locate } from '../../files/index.ts'
import { cyclesProblem } from '../../tasks/index.ts'
import { Videos } from '../../video/index.ts'
import { type DatasetOptions, readSplits } from './readings.ts'

export interface CheckOptions extends DatasetOptions {
  readonly videos: string
  /** Seconds by which the annotated and the true duration may differ. */
  readonly tolerance: number
}

/** One video file that does not match the annotations. */
export interface VideoFault {
  readonly file: string
  readonly kind: 'missing' | 'unreadable' | 'duration' | 'window' | 'cycles'
  readonly message: string
  /** Samples that ask about it; for `window` and `cycles` those that are wrong. */
  readonly samples: number
  /** Seconds, where the kind is `duration`. */
  readonly annotated?: number
  readonly measured?: number
}

interface Wanted {
  readonly file: string
  readonly duration: number | null
  readonly samples: ReadonlyArray<Sample>
}

/** The samples of a video of which `problemOf` says that they do not fit it. */
const misfits = (
  { file, samples }: Wanted,
  kind: 'window' | 'cycles',
  measured: number,
  problemOf: (sample: Sample) => string | null,
): VideoFault | null => {
  const wrong = samples.flatMap((sample) => {
    const problem = problemOf(sample)
    return problem === null ? [] : [`${sample.id}: ${problem}`]
  })
  return wrong.length === 0
    ? null
    : { file, kind, message: wrong.join('; '), samples: wrong.length, measured }
}

/**
 * `spanwise datasets check`: whether each row can be used, and whether each annotated video exists, can be read, and is as
 * long as annotated, windows and cycles included.
 */
export const runCheck = Effect.fn('Pipelines.runCheck')(function* (options: CheckOptions) {
  const { readings } = yield* readSplits(options)
  const wanted = new Map<string, Wanted>()
  for (const sample of readings.flatMap(({ reading }) => reading.samples)) {
    const known = wanted.get(sample.file)
    wanted.set(sample.file, {
      file: sample.file,
      duration: known?.duration ?? sample.duration,
      samples: [...(known?.samples ?? []), sample],
    })
  }
  const videos = yield* Videos
  const progress = yield* Progress
  let done = 0
  let failed = 0
  const faults = yield* Effect.forEach(
    [...wanted.values()],
    Effect.fnUntraced(function* (one) {
      const { file, duration, samples } = one
      const probed = yield* Effect.result(videos.probe(locate(options.videos, file)))
      const found = ((): ReadonlyArray<VideoFault | null> => {
        if (Result.isFailure(probed)) {
          const { reason, problem } = probed.failure
          const kind = reason === 'missing' ? 'missing' : 'unreadable'
          return [{ file, kind, message: problem, samples: samples.length }]
        }
        const { duration: measured, frames } = probed.success
        const outside = [
          misfits(one, 'window', measured, ({ windows }) => Windows.misplaced(windows ?? [], measured)),
          misfits(one, 'cycles', measured, (sample) =>
            sample.task === 'counting' ? cyclesProblem(sample, frames) : null,
          ),
        ]
        if (duration === null || Math.abs(measured - duration) <= options.tolerance) return outside
        const message = `lasts ${measured.toFixed(2)} s, annotated as ${duration} s`
        const other = { file, kind: 'duration', message, samples: samples.length } as const
        return [{ ...other, annotated: duration, measured }, ...outside]
      })().filter((fault) => fault !== null)
      done++
      if (found.length > 0) failed++
      yield* progress.report({ label: 'checking videos', done, total: wanted.size, failed })
      return found
    }),
    { concurrency: videos.workers + 1 },
  )
  const found = faults.flat()
  const count = (kind: VideoFault['kind']) => found.filter((fault) => fault.kind === kind).length
  return {
    dataset: options.dataset,
    splits: readings.map(({ split }) => split),
    rows: readings.reduce((sum, { reading }) => sum + reading.rows, 0),
    /** Problems of rows that give no sample; their videos were not looked for. */
    lost: readings.flatMap(({ reading }) => reading.lost),
    videos: wanted.size,
    sound: faults.filter(({ length }) => length === 0).length,
    missing: count('missing'),
    unreadable: count('unreadable'),
    duration: count('duration'),
    outside: count('window'),
    cycles: count('cycles'),
    tolerance: options.tolerance,
    faults: found,
  }
})
