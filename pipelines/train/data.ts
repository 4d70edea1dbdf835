import { existsSync } from 'node:fs'
import { Effect } from 'effect'
import { InputError, type Sample } from '../../core/index.ts'
import { locate } from '../../files/index.ts'
import type { TrainingItem } from '../../trainer/index.ts'

/** Where videos are: one folder, or a folder for each dataset by name. */
export type VideoFolders = string | { readonly [dataset: string]: string }

/** Path of a sample's video; null where no folder is given for its dataset. */
export const fileOf = (folders: VideoFolders, sample: Sample): string | null => {
  const folder = typeof folders === 'string' ? folders : folders[sample.dataset]
  return folder === undefined ? null : locate(folder, sample.file)
}

/** The samples whose videos exist; a warning counts the others. An InputError if none exists. */
export const present = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  folders: VideoFolders,
  data: string,
) {
  const found = items.filter(({ sample }) => {
    const file = fileOf(folders, sample)
    return file !== null && existsSync(file)
  })
  const videos = (some: ReadonlyArray<TrainingItem>) =>
    new Set(some.map(({ sample }) => fileOf(folders, sample) ?? `${sample.dataset}/${sample.file}`)).size
  if (found.length === 0)
    return yield* new InputError({
      subject: data,
      problem: `none of its ${videos(items)} videos exists (${fileOf(folders, items[0]!.sample) ?? items[0]!.sample.file} first)`,
      remedy: 'set --videos to the folder of the videos',
    })
  if (found.length < items.length)
    yield* Effect.logWarning(
      `${data}: ${videos(items) - videos(found)} of ${videos(items)} videos are missing, and with them ${items.length - found.length} of ${items.length} samples`,
    )
  return found
})
