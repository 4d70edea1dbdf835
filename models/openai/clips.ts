import { Effect } from 'effect'
import { type Clip, encodePicture, type Media, type Videos } from '../../video/index.ts'
import type { Content, MessageClip } from '../model.ts'
import { asFile, asFrames, asImage, asVideo, type Pictures } from './frames.ts'
import type { MediaMode, Preset } from './presets.ts'
import type { SentClip } from './request.ts'
import type { OpenaiSettings } from './settings.ts'

/** What clips must contain for a way of sending. */
export const mediaOf = ({
  media,
  quality,
}: {
  readonly media: MediaMode
  readonly quality: number
}): Media => (media === 'file' ? { kind: 'file' } : { kind: 'jpeg', quality })

type Sourced = MessageClip & Pick<Clip, 'fps' | 'info'>

const isSourced = (clip: MessageClip): clip is Sourced => clip.info !== undefined

/** A file can represent only a clip without masked or omitted frames; other clips are sent as frames. */
const modeOf = (clip: MessageClip, mode: MediaMode, preset: Preset): MediaMode => {
  if (mode === 'frames' || !isSourced(clip)) return 'frames'
  if (mode === 'file' && clip.partial !== true) return 'file'
  return preset.media.includes('video') ? 'video' : 'frames'
}

/** Encodes clips for requests. Each clip is encoded once, however many questions there are about it. */
export const makeClips = (
  videos: Videos['Service'],
  preset: Preset,
  settings: Pick<OpenaiSettings, 'quality' | 'files'> & {
    readonly media: MediaMode
    readonly factor: number
  },
) => {
  const { quality, files } = settings
  const known = new WeakMap<MessageClip, SentClip>()

  /** JPEGs of a clip and their size, from its frames or its file. Fails with a one-line problem. */
  const picturesOf = (clip: MessageClip): Effect.Effect<Pictures, string> => {
    const { width, height, times, rgb, encoded } = clip
    if (encoded !== undefined) return Effect.succeed({ width, height, jpegs: encoded })
    if (rgb.length > 0) {
      const size = width * height * 3
      return Effect.try({
        try: () => ({
          width,
          height,
          jpegs: Array.from(times, (_, place) =>
            encodePicture(
              { width, height, rgb: rgb.subarray(place * size, (place + 1) * size) },
              { format: 'jpeg', quality },
            ),
          ),
        }),
        catch: (error) => (error instanceof Error ? error.message : String(error)),
      })
    }
    if (!isSourced(clip)) return Effect.fail('a clip has neither frames nor a file')
    return videos
      .clip(
        clip.info.path,
        { kind: 'times', times: Array.from(times) },
        { maxPixels: width * height, factor: settings.factor },
        { kind: 'jpeg', quality },
      )
      .pipe(
        // Planning a size again from a planned one may give a smaller one, so the actual size is used.
        Effect.map((read) => ({ width: read.width, height: read.height, jpegs: read.encoded ?? [] })),
        Effect.mapError((error) => error.message),
      )
  }

  return Effect.fnUntraced(function* ({ type, clip }: Extract<Content, { readonly clip: MessageClip }>) {
    const ready = known.get(clip)
    if (ready !== undefined) return ready
    const mode = type === 'image' ? type : modeOf(clip, settings.media, preset)
    const sent =
      mode === 'image'
        ? asImage(clip, yield* picturesOf(clip), quality)
        : mode === 'file'
          ? asFile(clip as Sourced, files, preset.files)
          : mode === 'video'
            ? asVideo(clip as Sourced, yield* picturesOf(clip), quality)
            : asFrames(clip, yield* picturesOf(clip), quality)
    known.set(clip, sent)
    return sent
  })
}
