import { basename } from 'node:path'
import { Effect } from 'effect'
import { describeSight, type ModelProfile, type Question, sightOf, unseenDataset } from '../models/index.ts'
import { Videos } from '../video/index.ts'

/** Number of videos that are tried to determine a size. */
const tries = 8

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

/** How a backend sends clips. */
export const mediumOf = (identity: {
  readonly settings?: { readonly [name: string]: string | number }
}): 'video' | 'pictures' => (identity.settings?.media === 'frames' ? 'pictures' : 'video')
