import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect } from 'effect'
import type { VideoError } from '../../core/index.ts'
import { whole } from '../../files/index.ts'
import { type Clip, encodePicture, frameOf, frameSize } from '../../video/index.ts'
import type { ClipViews } from '../clip-views.ts'
import type { TrainingItem } from '../data.ts'

const jpegQuality = 95

/** Bytes of frames that a shared folder may hold. */
const sharedBytes = 4 * 2 ** 30

export interface FrameStore {
  /** SHA-256 of each frame's RGB bytes, in the clip's order; from now on they can be asked for. */
  readonly hashes: (item: TrainingItem, clip: Clip) => ReadonlyArray<string>
  /** A frame's RGB bytes or its JPEG; null for a hash that no served prompt holds. Its video may be read again. */
  readonly frame: (hash: string, format: 'rgb' | 'jpeg') => Effect.Effect<Uint8Array | null, VideoError>
  /** Puts frames into the shared folder, as `HASH.rgb`. */
  readonly share: (item: TrainingItem, clip: Clip) => Effect.Effect<void>
}

/** Frames by content. The pixels are those of the views' cached clips; the store itself only knows where each hash comes from. */
export const frameStore = (views: ClipViews, shared: string | null): FrameStore => {
  const origins = new Map<string, { readonly item: TrainingItem; readonly place: number }>()
  const hashed = new WeakMap<Clip, ReadonlyArray<string>>()
  const onDisk = new Map<string, number>()
  let bytes = 0

  const hashes: FrameStore['hashes'] = (item, clip) => {
    const known = hashed.get(clip)
    if (known !== undefined) return known
    const all = Array.from(clip.times, (_, place) => {
      const hash = createHash('sha256').update(frameOf(clip, place)).digest('hex')
      origins.set(hash, { item, place })
      return hash
    })
    hashed.set(clip, all)
    return all
  }

  const frame: FrameStore['frame'] = Effect.fnUntraced(function* (hash, format) {
    const origin = origins.get(hash)
    if (origin === undefined) return null
    const clip = yield* views.clip(origin.item)
    const rgb = frameOf(clip, origin.place)
    if (format === 'rgb') return rgb
    return encodePicture(
      { width: clip.width, height: clip.height, rgb },
      { format: 'jpeg', quality: jpegQuality },
    )
  })

  /** The folder is an aid: a frame that it lacks is asked for by HTTP, so a full disk ends nothing. */
  const share: FrameStore['share'] = (item, clip) =>
    shared === null
      ? Effect.void
      : Effect.ignore(
          Effect.tryPromise(async () => {
            for (const [place, hash] of hashes(item, clip).entries()) {
              if (onDisk.has(hash)) continue
              const size = frameSize(clip)
              onDisk.set(hash, size)
              bytes += size
              const path = join(shared, `${hash}.rgb`)
              await whole(path, (temporary) => writeFile(temporary, frameOf(clip, place)), {
                durable: false,
              })
            }
            for (const [hash, size] of onDisk) {
              if (bytes <= sharedBytes) break
              onDisk.delete(hash)
              bytes -= size
              await rm(join(shared, `${hash}.rgb`), { force: true })
            }
          }),
        )

  return { hashes, frame, share }
}
