/**
 * One fold of difficulty estimation with one rollout a sample, against a server, as `overhead.ts` starts it: alone in a
 * process, so that its memory and processor time are its own. The argument is `FoldJob` in JSON; prints `FoldReport`.
 */
import { join } from 'node:path'
import { Effect } from 'effect'
import { difficultyEstimation } from '../../agents/index.ts'
import { runFold } from '../../folds/index.ts'
import { layerOpenai, namedProfile, openaiSettingsSchema } from '../../models/index.ts'
import { Videos } from '../../video/index.ts'
import { samplesOf, side } from './world.ts'

export interface FoldJob {
  readonly run: string
  readonly videos: string
  readonly videoCount: number
  readonly cache: string
  readonly url: string
  /** How frames travel. */
  readonly media: 'frames' | 'file'
  readonly frames: number
  readonly samples: number
  readonly inFlight: number
}

export interface FoldReport {
  readonly samples: number
  readonly failed: number
  readonly seconds: number
  /** Seconds of processor time, all threads. */
  readonly processor: number
  /** Resident memory in MB: the most, and the mean of the second and of the last quarter of the time. */
  readonly memory: { readonly most: number; readonly early: number; readonly late: number }
}

const job: FoldJob = JSON.parse(process.argv[2] ?? '')
const samples = samplesOf(job.samples, job.videoCount)
const seen: Array<number> = []
const watch = setInterval(() => seen.push(process.memoryUsage.rss() / 1e6), 250)
watch.unref()

const before = process.cpuUsage()
const summary = await runFold(difficultyEstimation, {
  folder: join(job.run, 'difficulty-estimation'),
  samples,
  videos: job.videos,
  foldSize: samples.length,
  settings: difficultyEstimation.settings.parse({
    ...difficultyEstimation.defaults(namedProfile('shapes-base')),
    ...{ rollouts: 1, frames: job.frames, fps: 1, maxPixels: side * side },
  }),
  inFlight: job.inFlight,
}).pipe(
  Effect.provide(
    layerOpenai(
      openaiSettingsSchema.parse({ preset: 'vllm', baseUrl: job.url, model: 'bench', media: job.media }),
    ),
  ),
  Effect.provide(Videos.layer({ workers: 2, cache: { folder: job.cache, limit: 4e9 } })),
  Effect.runPromise,
)
const spent = process.cpuUsage(before)
const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length
const quarter = Math.floor(seen.length / 4)
const report: FoldReport = {
  samples: summary.done,
  failed: summary.failed,
  seconds: summary.seconds,
  processor: (spent.user + spent.system) / 1e6,
  memory: {
    most: process.resourceUsage().maxRSS / 1024,
    early: mean(seen.slice(quarter, 2 * quarter)),
    late: mean(seen.slice(3 * quarter)),
  },
}
console.log(JSON.stringify(report))
