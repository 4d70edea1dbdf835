import { basename } from 'node:path'
import { Effect } from 'effect'
import { type Sample, spreadOver } from '../core/index.ts'
import { describeSight, type ModelProfile, type Question, sightOf, unseenDataset } from '../models/index.ts'
import { cycleFrames, cycleSeconds, cycleSlack, type SeenCycles, shortCycleWarning } from '../tasks/index.ts'
import { Videos } from '../video/index.ts'

/** Number of videos that are tried to determine a size. */
const tries = 8

/** Number of videos, spread over the samples, whose repetitions are compared with the frame rate. */
const probed = 24

/** Warns where many of the annotated repetitions are shorter than two of the frames that the model sees. */
const warnShortCycles = Effect.fnUntraced(function* (
  profile: ModelProfile,
  counted: ReadonlyArray<readonly [sample: Sample, path: string]>,
) {
  const videos = yield* Videos
  const cyclic = counted.filter(([sample]) => (cycleFrames(sample) ?? []).length > 0)
  const seen: Array<SeenCycles> = []
  for (const [sample, path] of spreadOver(cyclic, probed)) {
    const info = yield* videos.probe(path).pipe(Effect.orElseSucceed(() => null))
    if (info === null) continue
    const cycles = (cycleSeconds(sample, info.fps) ?? []).filter(
      ([, end]) => end * info.fps <= info.frames + cycleSlack,
    )
    seen.push({ cycles, fps: sightOf(profile.view, info).fps })
  }
  const warning = shortCycleWarning(seen)
  if (warning !== null) yield* Effect.logWarning(warning)
})

/**
 * Reports before work starts what the model will see, based on the first readable video, and warns if the model was not
 * trained on such videos.
 */
export const announceSight = Effect.fn('Pipelines.announceSight')(function* (options: {
  readonly profile: ModelProfile
  readonly medium: 'video' | 'pictures'
  readonly question: Question
  readonly datasets: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
  /** Samples with the paths of their videos: warns where the repetitions of counting samples are too short to be seen. */
  readonly counted?: ReadonlyArray<readonly [sample: Sample, path: string]>
}) {
  const { profile, medium, question } = options
  const videos = yield* Videos
  for (const dataset of new Set(options.datasets)) {
    const warning = unseenDataset(profile, dataset)
    if (warning !== null) yield* Effect.logWarning(warning)
  }
  yield* warnShortCycles(profile, options.counted ?? [])
  for (const file of [...new Set(options.files)].slice(0, tries)) {
    const info = yield* videos.probe(file).pipe(Effect.orElseSucceed(() => null))
    if (info === null) continue
    return yield* Effect.logInfo(
      describeSight(profile, question, basename(file), sightOf(profile.view, info), medium),
    )
  }
})

/** How a backend sends clips. */
export const mediumOf = (identity: {
  readonly settings?: { readonly [name: string]: string | number }
}): 'video' | 'pictures' => (identity.settings?.media === 'frames' ? 'pictures' : 'video')
