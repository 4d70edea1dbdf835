import { hasImageSuffix } from '../core/index.ts'
import { decodeFrames, type Take } from './decode.ts'
import { VideoFault } from './fault.ts'
import { withHandles } from './handles.ts'
import type { Clip, FrameSampling, Media, PixelBudget, VideoInfo } from './model.ts'
import { orient } from './orient.ts'
import { PictureEncoder } from './picture.ts'
import { RgbReader } from './pixels.ts'
import { resize } from './resize.ts'
import { clipSize, imageSize } from './size.ts'
import { openSource } from './source.ts'
import { openStill } from './still.ts'
import { selectIndices } from './timeline.ts'

const never = () => false

/** Opens `path`, lists its packets (an image is decoded) and closes it. Throws VideoFault. Blocks: call it in a worker. */
export const probe = (path: string, cancelled: () => boolean = never): VideoInfo =>
  withHandles(
    (handles) =>
      (hasImageSuffix(path) ? openStill(path, handles) : openSource(path, handles, cancelled)).info,
  )

const targetSize = (
  info: VideoInfo,
  frames: number,
  budget: PixelBudget | undefined,
): readonly [number, number] => {
  if (budget === undefined) return [info.height, info.width]
  try {
    return info.still === true
      ? imageSize(info.height, info.width, budget)
      : clipSize(frames, info.height, info.width, budget)
  } catch (error) {
    throw new VideoFault('unreadable', error instanceof RangeError ? error.message : String(error))
  }
}

/**
 * Decodes the frames that `sampling` takes (an image is one frame), turns them upright and resizes each to the budget
 * (without one the frames keep their size); `media` says what is made of them. Throws VideoFault. Blocks: call it in a
 * worker.
 */
export const readClip = (
  path: string,
  sampling: FrameSampling,
  budget: PixelBudget | undefined,
  cancelled: () => boolean = never,
  seekAhead?: number,
  media: Media = { kind: 'pixels' },
): Clip =>
  withHandles((handles) => {
    const source = hasImageSuffix(path) ? openStill(path, handles) : openSource(path, handles, cancelled)
    const { info } = source
    const { indices, fps } = selectIndices(source, sampling)
    // Where a frame has no picture of its own, the one that stands for it gives its number and time too.
    const shown = indices.slice()
    const [height, width] = targetSize(info, indices.length, budget)
    const size = height * width * 3
    const rgb = new Uint8Array(media.kind === 'pixels' ? indices.length * size : 0)
    const encoder =
      media.kind === 'jpeg'
        ? new PictureEncoder(width, height, { format: 'jpeg', quality: media.quality }, handles)
        : undefined
    const encoded: Array<Uint8Array> = []
    const places = new Map<number, Array<number>>()
    indices.forEach((number, place) => {
      const known = places.get(number)
      if (known === undefined) places.set(number, [place])
      else known.push(place)
    })
    const reader = new RgbReader(handles)
    const wanted = [...places.keys()].sort((a, b) => a - b)
    const orientation = { rotation: info.rotation, mirrored: info.mirrored === true }
    const put = (number: number, upright: Uint8Array, wide: number, tall: number, instead: number) => {
      const resized = resize(upright, wide, tall, width, height)
      const picture = encoder?.encode(resized)
      for (const place of places.get(number)!) {
        shown[place] = instead
        if (picture === undefined) rgb.set(resized, place * size)
        else encoded[place] = picture
      }
    }
    const take: Take = (number, frame, instead) => {
      const upright = orient(reader.read(frame), frame.width, frame.height, orientation)
      const [wide, tall] =
        info.rotation % 180 === 0 ? [frame.width, frame.height] : [frame.height, frame.width]
      put(number, upright, wide, tall, instead)
    }
    if (media.kind !== 'file') {
      if ('rgb' in source) put(0, source.rgb(), info.width, info.height, 0)
      else decodeFrames(source, wanted, take, cancelled, seekAhead)
    }
    return {
      width,
      height,
      times: Float64Array.from(shown, (number) => source.times[number]!),
      rgb,
      ...(encoder === undefined ? {} : { encoded }),
      blank: new Uint8Array(indices.length),
      fps,
      indices: shown,
      info,
    }
  })
