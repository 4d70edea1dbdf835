import { realpathSync } from 'node:fs'
import { extname, sep } from 'node:path'
import { Effect } from 'effect'
import { locate } from '../../files/index.ts'
import { recordedVideos } from '../../folds/index.ts'
import { videoFolderOf } from '../../pipelines/run-videos.ts'
import type { FoundRun } from '../discovery/find.ts'
import type { Studio } from '../studio.ts'

/** What a sample says of its video. */
export interface VideoName {
  readonly dataset: string
  readonly split: string
  readonly file: string
}

const folderOf = (studio: Studio, run: FoundRun, { dataset, split }: Pick<VideoName, 'dataset' | 'split'>) =>
  run.kind === 'evaluation' && !Object.hasOwn(studio.videos, dataset)
    ? recordedVideos(run.path)
    : videoFolderOf(run.path, { dataset, split }, studio.videos)

/** Containers that browsers play; the codec inside may still be one that they do not. */
const playable: { readonly [extension: string]: string } = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/mp4',
  '.webm': 'video/webm',
  '.ogv': 'video/ogg',
}

export type VideoFile =
  | { readonly path: string; readonly type: string | null }
  | { readonly path: null; readonly problem: string }

const missing = (problem: string): VideoFile => ({ path: null, problem })

/**
 * The video file of a sample. Names come from annotation files, which others wrote: a file that is not below its folder
 * once every link is followed is never served.
 */
export const videoFile = Effect.fn('Studio.videoFile')(function* (
  studio: Studio,
  run: FoundRun,
  name: VideoName,
) {
  const folder = yield* folderOf(studio, run, name)
  if (folder === null)
    return missing(
      `the folder of the videos of ${name.dataset} is not known: set "videos" of the dataset in spanwise.config.json`,
    )
  const located = locate(folder, name.file)
  let path: string
  let root: string
  try {
    path = realpathSync(located)
    root = realpathSync(folder)
  } catch {
    return missing('the video is not in its folder')
  }
  if (!path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))
    return missing('the video is outside the folder of its dataset')
  return { path, type: playable[extname(name.file).toLowerCase()] ?? null } satisfies VideoFile
})
