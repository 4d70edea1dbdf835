import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { answerable, readTrainingData, type TrainingItem } from '../../trainer/index.ts'
import { sharedVideos } from '../shared-videos.ts'
import { present } from './data.ts'
import type { TrainOptions } from './options.ts'

/** Refuses to validate on training videos, unless allowed. */
const refuseOverlap = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  { videos, validation }: Pick<TrainOptions, 'videos' | 'validation'>,
) {
  if (validation === undefined || validation.allowOverlap === true) return
  const folders = new Map(
    items.map(({ sample }) => [
      sample.file,
      typeof videos === 'string' ? videos : (videos[sample.dataset] ?? null),
    ]),
  )
  const shared = sharedVideos(
    { samples: items.map(({ sample }) => sample), folderOf: ({ file }) => folders.get(file) ?? null },
    { samples: validation.samples, folderOf: () => validation.videos },
  )
  if (shared[0] !== undefined)
    return yield* new InputError({
      subject: '--validation',
      problem: `shares ${shared.length === 1 ? `the video ${shared[0]}` : `${shared.length} videos (${shared[0]} first)`} with the training data`,
      remedy: 'validate on another split, or add --allow-overlap',
    })
})

/**
 * The training data and the samples of it that a run trains on, whatever trains: those whose video exists and whose
 * question has an annotated answer, the first `limit` of them. Nothing is written.
 */
export const trainingItems = Effect.fnUntraced(function* (
  options: Pick<TrainOptions, 'data' | 'videos' | 'limit' | 'validation'>,
) {
  const data = yield* readTrainingData(options.data)
  const found = yield* answerable(yield* present(data.items, options.videos, options.data))
  const items = found.slice(0, options.limit)
  yield* refuseOverlap(items, options)
  return { data, items }
})
