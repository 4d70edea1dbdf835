import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { Row } from '../../store/index.ts'
import { sharedVideos } from '../shared-videos.ts'
import { type DatasetSource, loadSource } from '../source.ts'

/** An evaluation set and, where known, the folder of its videos. */
export type EvaluationSource = DatasetSource & { readonly videos?: string }

/** Refuses samples whose videos an evaluation set holds; `videos` are the folders of datasets, where known. */
export const refuseOverlap = Effect.fnUntraced(function* (
  rows: ReadonlyArray<Row>,
  evaluation: ReadonlyArray<EvaluationSource>,
  videos: { readonly [dataset: string]: string },
) {
  const named = rows.map((row) => ({
    video: String(row.video),
    file: String(row.file),
    folder: videos[String(row.dataset)] ?? null,
  }))
  const folders = new Map(named.map((one) => [one.file, one.folder]))
  for (const source of evaluation) {
    const { samples } = yield* loadSource(source)
    const shared = sharedVideos(
      { samples: named, folderOf: ({ file }) => folders.get(file) ?? null },
      { samples, folderOf: () => source.videos ?? null },
    )
    const [first] = shared
    if (first !== undefined)
      return yield* new InputError({
        subject: `${source.dataset} ${source.split}`,
        problem: `shares ${shared.length === 1 ? `the video ${first}` : `${shared.length} videos, such as ${first},`} with the samples to curate`,
        remedy: 'curate another split, or evaluate on another',
      })
  }
})
