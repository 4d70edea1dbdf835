import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { Encoder } from '../../video/encode.ts'
import type { EncodeSettings } from '../../video/index.ts'

/** A folder of this test file's own, removed at its end. */
export const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'spanwise-video-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Frame `t`: red rises to the right, green downwards, and a white bar as wide as an eighth stands at a place that
 * tells `t` (modulo 8); smooth otherwise, so that h264 keeps the values.
 */
export const frame = (width: number, height: number, t: number): Uint8Array => {
  const rgb = new Uint8Array(width * height * 3)
  const bar = Math.floor(width / 8)
  for (let y = 0, o = 0; y < height; y++)
    for (let x = 0; x < width; x++, o += 3) {
      const inBar = Math.floor(x / bar) === t % 8
      rgb[o] = inBar ? 255 : (x * 200) / width
      rgb[o + 1] = inBar ? 255 : (y * 200) / height
      rgb[o + 2] = inBar ? 255 : 40
    }
  return rgb
}

/** Encodes all of `frames` to `path` in this thread. Throws VideoFault `encode`. */
export const encodeAll = (path: string, settings: EncodeSettings, frames: Iterable<Uint8Array>): void => {
  const encoder = new Encoder(path, settings)
  try {
    for (const frame of frames) encoder.add(frame)
  } catch (error) {
    encoder.abort()
    throw error
  }
  encoder.finish()
}

/** Encodes `count` such frames and returns the file's path. */
export const video = (
  folder: string,
  name: string,
  count: number,
  settings: Partial<EncodeSettings> = {},
): string => {
  const path = join(folder, `${name}.mp4`)
  const { width = 64, height = 48 } = settings
  const frames = Array.from({ length: count }, (_, t) => frame(width, height, t))
  encodeAll(path, { width, height, fps: 8, ...settings }, frames)
  return path
}

/** Which of the eight bar places is brightest in an RGB frame: `t % 8` of `frame`. */
export const barOf = (rgb: Uint8Array, width: number): number => {
  const bar = Math.floor(width / 8)
  const sums = Array.from({ length: 8 }, () => 0)
  for (let o = 2, x = 0; o < rgb.length; o += 3, x = (x + 1) % width)
    sums[Math.min(7, Math.floor(x / bar))]! += rgb[o]!
  return sums.indexOf(Math.max(...sums))
}

/** A sound file of one second: a container without a video stream. */
export const soundFile = (folder: string): string => {
  const samples = 8000
  const wav = Buffer.alloc(44 + samples * 2)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + samples * 2, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(samples, 24)
  wav.writeUInt32LE(samples * 2, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(samples * 2, 40)
  const path = join(folder, 'sound.mp4')
  writeFileSync(path, wav)
  return path
}

/** The real mp4 files that lie beside a checkout of the workplace; elsewhere one of our own takes their place. */
export const realVideos = (folder: string): ReadonlyArray<string> => {
  const shared = join(process.env.SPANWISE_SHARED ?? join('..', 'shared'), 'data', 'videos')
  if (existsSync(shared))
    return readdirSync(shared)
      .filter((name) => name.endsWith('.mp4'))
      .map((name) => join(shared, name))
  return [video(folder, 'stand-in', 300, { width: 320, height: 180, fps: 25, keyframeInterval: 3 })]
}
