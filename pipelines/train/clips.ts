import { Effect } from 'effect'
import type { VideoError } from '../../core/index.ts'
import { budgetOf, type ModelProfile, samplingOf } from '../../models/index.ts'
import type { TrainingItem } from '../../trainer/index.ts'
import { type Clip, segmentClip, segmentSampling, type Videos } from '../../video/index.ts'
import { fileOf, type VideoFolders } from './data.ts'

/** Decodes what a training shows of an item at the model's sizes: the whole video, or the part that the item is about. */
export const clipsOf =
  (videos: Videos['Service'], { view }: Pick<ModelProfile, 'view'>, folders: VideoFolders) =>
  ({ sample, segment }: TrainingItem): Effect.Effect<Clip, VideoError> => {
    const file = fileOf(folders, sample) ?? sample.file
    const sampling = samplingOf(view)
    const budget = budgetOf(view, view)
    if (segment === undefined) return videos.clip(file, sampling, budget)
    return videos.probe(file).pipe(
      Effect.flatMap((info) => videos.clip(file, segmentSampling(sampling, segment, info), budget)),
      Effect.map((clip) => segmentClip(clip, segment)),
    )
  }
