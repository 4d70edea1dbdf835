import { hash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  futimesSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writevSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { getFFmpegInfo } from 'node-av/lib'
import { hasImageSuffix } from '../../core/index.ts'
import { makeFolders, wholeSync } from '../../files/index.ts'
import type { Clip, FrameSampling, Media, PixelBudget } from '../model.ts'
import { packClip, unpackClip } from './file.ts'
import type { CacheSettings, Tally } from './tally.ts'
import { trimCache } from './trim.ts'

export interface CacheRequest {
  readonly path: string
  readonly sampling: FrameSampling
  readonly budget: PixelBudget | undefined
  readonly media: Media
}

/** To be changed with whatever changes the pixels or the frames that a request gives. */
const version = 2
const decoder = getFFmpegInfo().version

/** A clip's time of use is written down at most so often, in milliseconds. */
const stampEvery = 60_000

/** A disk with less room than this, in bytes, is left to those who need it. */
const spare = 1 << 30

const samplingOf = (sampling: FrameSampling) => {
  switch (sampling.kind) {
    case 'times':
      return ['times', ...sampling.times]
    case 'rate':
      return ['rate', sampling.fps, sampling.max ?? null, sampling.min ?? null]
    case 'count':
      return ['count', sampling.count]
    case 'frames':
      return ['frames', ...sampling.numbers]
  }
}

/** Names the clip that a request gives: by what the file is and all that decoding depends on. Null: no such file. */
const keyOf = ({ path, sampling, budget, media }: CacheRequest): string | null => {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  if (stat === undefined) return null
  return JSON.stringify([
    ...[version, decoder, resolve(path), String(stat.size), String(stat.mtimeNs)],
    samplingOf(sampling),
    budget === undefined
      ? null
      : [budget.maxPixels, budget.factor, budget.minPixels ?? null, budget.clipPixels ?? null],
    media.kind === 'jpeg' ? ['jpeg', media.quality] : [media.kind],
    ...(hasImageSuffix(path) ? [budget?.image?.minPixels ?? null, budget?.image?.maxPixels ?? null] : []),
  ])
}

const fileOf = (folder: string, key: string): string => {
  const digest = hash('sha256', key)
  return join(folder, digest.slice(0, 2), `${digest.slice(2)}.clip`)
}

const stamp = (opened: number) => {
  try {
    const now = Date.now() / 1000
    futimesSync(opened, now, now)
  } catch {
    // The file is another user's; its own users say when it was used.
  }
}

/** The clip in a file of the cache; null where there is none or it is damaged, in which case it is removed. */
const load = (file: string, key: string): Clip | null => {
  let opened: number
  try {
    opened = openSync(file, 'r')
  } catch {
    return null
  }
  try {
    const { size, mtimeMs } = fstatSync(opened)
    // A buffer of its own, which can move to another thread.
    const bytes = new Uint8Array(size)
    const clip = readSync(opened, bytes, 0, size, 0) === size ? unpackClip(key, bytes) : null
    if (clip === null) rmSync(file, { force: true })
    else if (Date.now() - mtimeMs > stampEvery) stamp(opened)
    return clip
  } catch {
    // In any case, decoding the video again is right.
    return null
  } finally {
    closeSync(opened)
  }
}

const write = (file: string, parts: ReadonlyArray<Uint8Array>) => {
  const opened = openSync(file, 'wx')
  try {
    let left = parts.filter(({ byteLength }) => byteLength > 0)
    while (left.length > 0) {
      // Linux takes at most 1024 buffers in one call, and may write fewer bytes than it was given.
      let written = writevSync(opened, left.slice(0, 1000))
      while (left.length > 0 && written >= left[0]!.byteLength) written -= left.shift()!.byteLength
      if (written > 0) left = [left[0]!.subarray(written), ...left.slice(1)]
    }
  } finally {
    closeSync(opened)
  }
}

/** Writes a clip's file atomically. Returns its bytes; 0 if there was no room for it. */
const store = (folder: string, file: string, key: string, clip: Clip): number => {
  const parts = packClip(key, clip)
  const bytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  try {
    makeFolders(folder)
    const { bavail, bsize } = statfsSync(folder)
    if (bavail * bsize < spare + bytes) return 0
    wholeSync(file, (temporary) => write(temporary, parts), { durable: false })
    return bytes
  } catch {
    // A full or vanished disk: the clip itself is there, and will be decoded again when it is next asked for.
    return 0
  }
}

/** Counts what was written, and trims the folder when it may have outgrown its limit. */
const account = ({ folder, limit }: CacheSettings, tally: Tally, bytes: number) => {
  const kib = Math.ceil(bytes / 1024)
  const written = Atomics.add(tally, 0, kib) + kib
  if (written < Atomics.load(tally, 1) || Atomics.compareExchange(tally, 2, 0, 1) !== 0) return
  try {
    const left = trimCache(folder, limit)
    // Other processes write too: half of the room that is left may be filled before looking again.
    const room = Math.max((limit - left) / 2, limit / 64)
    Atomics.store(tally, 1, Math.min(2 ** 30, Math.ceil(room / 1024)))
    Atomics.store(tally, 0, 0)
  } finally {
    Atomics.store(tally, 2, 0)
  }
}

/**
 * The clip from the cache, or from `read`, whose result is then kept: byte for byte the same either way. What `read`
 * throws is not kept. Safe with any number of threads and processes on one folder. Blocks: call it in a worker.
 */
export const cachedClip = (
  cache: CacheSettings,
  tally: Tally,
  request: CacheRequest,
  read: () => Clip,
): Clip => {
  const key = keyOf(request)
  if (key === null) return read()
  const file = fileOf(resolve(cache.folder), key)
  const known = load(file, key)
  if (known !== null) return { ...known, info: { ...known.info, path: request.path } }
  const clip = read()
  const bytes = store(resolve(cache.folder), file, key, clip)
  if (bytes > 0) account(cache, tally, bytes)
  return clip
}
