import { basename } from 'node:path'
import { Effect } from 'effect'
import { describeSight, type ModelProfile, type Question, sightOf, unseenDataset } from '../models/index.ts'
import { Videos } from '../video/index.ts'

/** So many videos are tried before nothing is said of a size. */
const tries = 8

/**
 * Says before work starts what the model will see, by the first video that can be read, and warns where it has never
 * been trained on such videos.
 */
export const announceSight = Effect.fn('Pipelines.announceSight')(function* (options: {
  readonly profile: ModelProfile
  readonly medium: 'video' | 'pictures'
  readonly question: Question
  readonly datasets: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
}) {
  const { profile, medium, question } = options
  const videos = yield* Videos
  for (const dataset of new Set(options.datasets)) {
    const warning = unseenDataset(profile, dataset)
    if (warning !== null) yield* Effect.logWarning(warning)
  }
  for (const file of [...new Set(options.files)].slice(0, tries)) {
    const info = yield* videos.probe(file).pipe(Effect.orElseSucceed(() => null))
    if (info === null) continue
    return yield* Effect.logInfo(
      describeSight(profile, question, basename(file), sightOf(profile.view, info), medium),
    )
  }
})

/** How a backend's clips travel. */
export const mediumOf = (identity: {
  readonly settings?: { readonly [name: string]: string | number }
}): 'video' | 'pictures' => (identity.settings?.media === 'frames' ? 'pictures' : 'video')
