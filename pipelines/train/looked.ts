import { Effect } from 'effect'
import type { TrainingItem } from '../../trainer/index.ts'
import { type VideoInfo, Videos } from '../../video/index.ts'
import { fileOf, type VideoFolders } from './data.ts'

/** Videos that are looked at for an estimate, and that are tried where some cannot be read. */
const most = 8
const tries = 64

/** The first samples of different videos that can be read, with what is known of these: what an estimate is made from. */
export const lookedAt = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  folders: VideoFolders,
) {
  const videos = yield* Videos
  const looked = new Map<string, { readonly item: TrainingItem; readonly info: VideoInfo }>()
  const tried = new Set<string>()
  for (const item of items) {
    if (looked.size === most || tried.size === tries) break
    const file = fileOf(folders, item.sample)
    if (file === null || tried.has(file)) continue
    tried.add(file)
    const info = yield* videos.probe(file).pipe(Effect.orElseSucceed(() => null))
    if (info !== null) looked.set(file, { item, info })
  }
  return [...looked.values()]
})
