import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeAll, frame, soundFile, video } from '../video/files.ts'

/** An mp4 whose one track is sound: handler, media header and sample entry are changed in the bytes of a video's. */
const silence = (folder: string, from: string): void => {
  const bytes = readFileSync(from)
  const header = bytes.lastIndexOf('moov')
  for (const [picture, sound] of [
    ['vide', 'soun'],
    ['vmhd', 'smhd'],
    ['avc1', 'mp4a'],
  ] as const)
    bytes.write(sound, bytes.indexOf(picture, header), 'latin1')
  writeFileSync(join(folder, 'audio-only.mp4'), bytes)
}

/** What an 8K camera writes; one frame of it is enough. */
const wide = { width: 7680, height: 4320 }

/** Videos that cannot be used, by the reason that a verdict must give. */
export const unusable: { readonly [name: string]: string } = {
  'zero-bytes': 'empty',
  truncated: 'truncated',
  'audio-only': 'no-video-stream',
  sound: 'no-video-stream',
  'text-renamed': 'unreadable',
}

/** Unusual ones that must work, with the times of the frames that are seen of them at 2 frames per second. */
export const unusual: { readonly [name: string]: ReadonlyArray<number> } = {
  'one-frame': [0],
  'variable-rate': [0, 0.5, 0.5, 1.5, 2],
  rotated: [0, 0.5, 1, 1.5],
  '8k': [0],
}

/** Writes all of them, and `good.mp4`, into a folder. */
export const writeBadVideos = (folder: string): void => {
  mkdirSync(folder, { recursive: true })
  const good = video(folder, 'good', 16)
  writeFileSync(join(folder, 'zero-bytes.mp4'), '')
  writeFileSync(join(folder, 'truncated.mp4'), readFileSync(good).subarray(0, 2000))
  writeFileSync(join(folder, 'text-renamed.mp4'), 'a list of videos, not one of them\n'.repeat(40))
  soundFile(folder)
  silence(folder, good)
  video(folder, 'one-frame', 1)
  video(folder, 'variable-rate', 5, { times: [0, 0.1, 0.5, 1.5, 2], fps: 4 })
  video(folder, 'rotated', 16, { rotation: 90 })
  encodeAll(join(folder, '8k.mp4'), { ...wide, fps: 2 }, [frame(wide.width, wide.height, 3)])
}
