import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Cursor } from '../../video/cursor.ts'
import { VideoFault } from '../../video/fault.ts'
import { withHandles } from '../../video/handles.ts'
import { frameOf } from '../../video/index.ts'
import { openVideo } from '../../video/open.ts'
import { probe, readClip } from '../../video/read.ts'
import { barOf, encodeAll, frame, realVideos, scratch, soundFile, video } from './files.ts'

const folder = scratch()
const reasonOf = (body: () => unknown): string => {
  try {
    body()
  } catch (error) {
    return error instanceof VideoFault ? error.reason : String(error)
  }
  return 'no error'
}
/** The files of this test's folder that the process has open: it may have others open, of tests in the same process. */
const openFiles = (): ReadonlyArray<string> =>
  readdirSync('/proc/self/fd').flatMap((number) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${number}`)
      return path.startsWith(realpathSync(folder)) ? [path] : []
    } catch {
      // The descriptor of the listing itself is closed by now.
      return []
    }
  })
const all = { kind: 'rate', fps: 1000 } as const

describe('probe', () => {
  it('measures a plain video', () => {
    expect(probe(video(folder, 'plain', 40))).toMatchObject({
      duration: 5,
      fps: 8,
      width: 64,
      height: 48,
      rotation: 0,
      frames: 40,
      variableFrameRate: false,
      codec: 'h264',
    })
  })

  it('measures one frame', () => {
    const path = video(folder, 'one', 1)
    expect(probe(path)).toMatchObject({ duration: 0.125, frames: 1, fps: 8 })
    expect(readClip(path, { kind: 'count', count: 32 }, undefined).times).toHaveLength(1)
  })

  it('measures a variable frame rate', () => {
    const times = [0, 0.1, 0.2, 1, 1.1, 3]
    const path = video(folder, 'variable', 6, { fps: 10, times })
    const info = probe(path)
    expect(info.variableFrameRate).toBe(true)
    expect(info.duration).toBeCloseTo(3.1, 4)
    const clip = readClip(path, all, undefined)
    expect(Array.from(clip.times, (time) => Math.round(time * 1e4) / 1e4)).toEqual(times)
    // What is on screen at 0.9 s began at 0.2 s.
    const held = readClip(path, { kind: 'times', times: [0.9] }, undefined)
    expect(held.times[0]).toBeCloseTo(0.2, 4)
    expect(barOf(held.rgb, 64)).toBe(2)
  })

  it('measures an uneven rate exactly', () => {
    const info = probe(video(folder, 'ntsc', 30, { fps: 29.97 }))
    expect(info.fps).toBeCloseTo(29.97, 6)
    expect(info.variableFrameRate).toBe(false)
  })
})

describe('readClip', () => {
  it('returns the frames written, with their true times', () => {
    const clip = readClip(video(folder, 'whole', 40), all, undefined)
    expect(Array.from(clip.times)).toEqual(Array.from({ length: 40 }, (_, t) => t / 8))
    for (let t = 0; t < 40; t++) {
      const written = frame(64, 48, t)
      const read = frameOf(clip, t)
      const error = written.reduce((sum, value, i) => sum + Math.abs(value - read[i]!), 0) / written.length
      expect(error).toBeLessThan(6)
      expect(barOf(read, 64)).toBe(t % 8)
    }
  })

  it('gives the same pixels whichever frames are asked for together', () => {
    const path = video(folder, 'groups', 200, { keyframeInterval: 2 })
    const whole = readClip(path, all, undefined, undefined, Number.POSITIVE_INFINITY)
    const wanted = [24.7, 0, 3.1, 3.1, 12.5, 12.6, 20]
    for (const seekAhead of [1, 12, Number.POSITIVE_INFINITY]) {
      const some = readClip(path, { kind: 'times', times: wanted }, undefined, undefined, seekAhead)
      wanted.forEach((_, place) => {
        expect(frameOf(some, place)).toEqual(frameOf(whole, some.indices[place]!))
      })
    }
  })

  it('turns frames upright', () => {
    const upright = readClip(video(folder, 'upright', 3), all, undefined)
    const turned = readClip(video(folder, 'turned', 3, { rotation: 90 }), all, undefined)
    expect([turned.width, turned.height, turned.info.rotation]).toEqual([48, 64, 90])
    // The stored first pixel is, seen upright, the last of the first row.
    expect(Array.from(turned.rgb.subarray(47 * 3, 48 * 3))).toEqual(Array.from(upright.rgb.subarray(0, 3)))
  })

  it('resizes to the pixel budget', () => {
    const path = video(folder, 'wide', 8, { width: 128, height: 64 })
    const clip = readClip(path, { kind: 'count', count: 4 }, { maxPixels: 64 * 64, factor: 16 })
    expect([clip.width, clip.height, clip.rgb.length]).toEqual([80, 32, 4 * 80 * 32 * 3])
    expect([clip.info.width, clip.info.height]).toEqual([128, 64])
  })
})

describe('bad files', () => {
  const whole = readFileSync(video(folder, 'good', 60))
  const write = (name: string, bytes: Uint8Array | string) => {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    return path
  }
  const cases: ReadonlyArray<readonly [name: string, path: () => string, reason: string]> = [
    ['an absent file', () => join(folder, 'absent.mp4'), 'missing'],
    ['a folder', () => folder, 'unreadable'],
    ['an empty file', () => write('empty.mp4', ''), 'empty'],
    ['text', () => write('text.mp4', 'Not a video.\n'.repeat(500)), 'unreadable'],
    ['a cut mp4', () => write('cut.mp4', whole.subarray(0, whole.length >> 1)), 'truncated'],
    ['sound alone', () => soundFile(folder), 'no-video-stream'],
  ]
  for (const [name, path, reason] of cases)
    it(`names the reason for ${name}`, () => {
      const file = path()
      expect(reasonOf(() => probe(file))).toBe(reason)
      expect(reasonOf(() => readClip(file, all, undefined))).toBe(reason)
    })

  it('notices frames missing behind an index that came first', () => {
    // Move the index (moov) before the data and cut: what a broken download of a streamable mp4 looks like.
    const at = whole.indexOf('moov', 0, 'latin1') - 4
    const moov = Buffer.from(whole.subarray(at))
    const shift = moov.length
    const stco = moov.indexOf('stco', 0, 'latin1')
    for (let i = 0; i < moov.readUInt32BE(stco + 8); i++) {
      const place = stco + 12 + i * 4
      moov.writeUInt32BE(moov.readUInt32BE(place) + shift, place)
    }
    const ftyp = whole.readUInt32BE(0)
    const moved = Buffer.concat([whole.subarray(0, ftyp), moov, whole.subarray(ftyp, at)])
    expect(probe(write('moved.mp4', moved)).frames).toBe(60)
    const cut = write('moved-cut.mp4', moved.subarray(0, moved.length - Math.floor((at - ftyp) / 2)))
    expect(reasonOf(() => probe(cut))).toBe('truncated')
  })

  it.skipIf(process.platform !== 'linux')('leaves no file open', () => {
    for (let i = 0; i < 20; i++) for (const [, path] of cases) reasonOf(() => probe(path()))
    expect(openFiles()).toEqual([])
  })
})

it.skipIf(process.platform !== 'linux')('a file that is opened again and again is open twice at most', () => {
  const path = video(folder, 'again', 16)
  withHandles((handles) => {
    const opened = openVideo(path, handles)
    const cursor = new Cursor(path, opened, [], [], handles)
    for (let i = 0; i < 20; i++) cursor.rewind()
    expect(openFiles()).toHaveLength(2)
  })
  expect(openFiles()).toEqual([])
})

describe('the encoder', () => {
  const files = (path: string) => readdirSync(path).sort()

  it('writes the same bytes for the same frames', () => {
    const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
    expect(digest(video(folder, 'first', 20))).toBe(digest(video(folder, 'second', 20)))
  })

  it('leaves nothing behind when it fails', () => {
    const place = join(folder, 'failures')
    mkdirSync(place)
    const path = join(place, 'a.mp4')
    const settings = { width: 64, height: 48, fps: 8 }
    const good = frame(64, 48, 0)
    expect(reasonOf(() => encodeAll(path, { ...settings, width: 63 }, [good]))).toBe('encode')
    expect(reasonOf(() => encodeAll(path, settings, []))).toBe('encode')
    expect(reasonOf(() => encodeAll(path, settings, [good, new Uint8Array(5)]))).toBe('encode')
    expect(reasonOf(() => encodeAll(join(place, 'no', 'a.mp4'), settings, [good]))).toBe('encode')
    expect(files(place)).toEqual([])
  })

  it('replaces an older file only when the new one is complete', () => {
    const path = video(folder, 'kept', 4)
    const copy = join(folder, 'copy.mp4')
    copyFileSync(path, copy)
    expect(reasonOf(() => encodeAll(path, { width: 64, height: 48, fps: 8 }, [new Uint8Array(1)]))).toBe(
      'encode',
    )
    expect(readFileSync(path)).toEqual(readFileSync(copy))
  })
})

describe('real videos', () => {
  for (const path of realVideos(folder))
    it(`reads ${path.split('/').at(-1)} alike by seeking and by decoding straight on`, () => {
      const info = probe(path)
      expect(info.frames).toBeGreaterThan(100)
      const budget = { maxPixels: 96 * 96, factor: 32 }
      const sampling = { kind: 'count', count: 6 } as const
      const sought = readClip(path, sampling, budget, undefined, 1)
      const straight = readClip(path, sampling, budget, undefined, Number.POSITIVE_INFINITY)
      expect(sought.rgb).toEqual(straight.rgb)
      expect(sought.times[0]).toBe(0)
      expect(sought.times.at(-1)).toBeCloseTo(info.duration - 1 / info.fps, 2)
      const times = [1.5, 10]
      const some = readClip(path, { kind: 'times', times }, budget)
      some.times.forEach((time, i) => {
        expect(times[i]! - time).toBeGreaterThanOrEqual(-1e-6)
        expect(times[i]! - time).toBeLessThan(1.5 / info.fps)
      })
    })
})
