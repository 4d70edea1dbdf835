import { Effect } from 'effect'
import { VideoError, type Window } from '../../core/index.ts'
import { budgetOf, type ModelProfile, samplingOf } from '../../models/index.ts'
import { cycleSlack } from '../../tasks/index.ts'
import type { TrainingItem } from '../../trainer/index.ts'
import { type Clip, segmentClip, segmentSampling, type VideoInfo, type Videos } from '../../video/index.ts'
import { fileOf, type VideoFolders } from './data.ts'

/** The frames that lie wholly in a part of a video, given in seconds: its first, and the one at which it ends. */
const framesOf = ([start, end]: Window, { fps, frames }: VideoInfo): Window => {
  const first = Math.min(Math.ceil(start * fps - 1e-6), Math.max(0, frames - 1))
  return [first, Math.max(first + 1, Math.min(frames, Math.floor(end * fps + 1e-6)))]
}

/** Decodes what a training shows of an item at the model's sizes: the whole video, or the part that the item is about. */
export const clipsOf =
  (videos: Videos['Service'], { view }: Pick<ModelProfile, 'view'>, folders: VideoFolders) =>
  ({ sample, segment, part }: TrainingItem): Effect.Effect<Clip, VideoError> => {
    const file = fileOf(folders, sample) ?? sample.file
    const sampling = samplingOf(view)
    const budget = budgetOf(view, view)
    if (segment === undefined && part === undefined) return videos.clip(file, sampling, budget)
    return videos.probe(file).pipe(
      Effect.flatMap((info) => {
        if (segment !== undefined && segment[1] > info.frames + cycleSlack)
          return Effect.fail(
            new VideoError({
              path: file,
              reason: 'truncated',
              problem: `its annotated cycles end at frame ${segment[1]}, and it has ${info.frames}`,
            }),
          )
        const frames: Window = segment
          ? [segment[0], Math.min(segment[1], info.frames)]
          : framesOf(part!, info)
        return Effect.map(videos.clip(file, segmentSampling(sampling, frames, info), budget), (clip) =>
          segmentClip(clip, frames),
        )
      }),
    )
  }
