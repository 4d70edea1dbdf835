import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VideoFault } from '../../video/fault.ts'
import { probe } from '../../video/read.ts'
import { scratch } from '../video/files.ts'
import { type Medium, pictured, plain, timed } from './catalogue.ts'
import { makeMedia, type Passing } from './make.ts'
import { readNumbers } from './read.ts'

const folder = scratch()
let count = 0
const make = (medium: Medium) =>
  makeMedia(join(folder, `${count++}.${medium.suffix ?? medium.container}`), medium)
const reasonOf = (body: () => unknown): string => {
  try {
    body()
  } catch (error) {
    return error instanceof VideoFault ? error.reason : String(error)
  }
  return 'none'
}
const whole = { kind: 'count', count: 1000 } as const

describe('a file that was cut', () => {
  const cut = (share: number) => (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length * share))
  const faststart = { movflags: 'faststart' }
  const cases: Readonly<Record<string, Medium>> = {
    mp4: plain['plain mp4']!,
    'mp4 with its index first': { ...plain['plain mp4']!, options: faststart },
    'mov with its index first': { ...plain['mjpeg mov']!, options: faststart },
    fragments: plain['plain fragments']!,
    mkv: plain['plain mkv']!,
    webm: plain['vp9 webm']!,
  }
  for (const [name, medium] of Object.entries(cases))
    for (const share of [0.6, 0.97])
      it(`${name} at ${share * 100} % is truncated`, () => {
        expect(reasonOf(() => probe(make({ ...medium, after: cut(share) })))).toBe('truncated')
      })

  for (const name of ['mjpeg avi', 'h264 flv', 'wmv2 asf'])
    it(`${name} at 50 % is truncated, by the duration in its header`, () => {
      expect(reasonOf(() => probe(make({ ...plain[name]!, after: cut(0.5) })))).toBe('truncated')
    })

  it('is not one whose sound goes on, or whose index counts frames that are not shown', () => {
    for (const name of ['plain mkv', 'h264 flv', 'plain mp4'])
      expect(reasonOf(() => probe(make({ ...plain[name]!, sound: { seconds: 5 } })))).toBe('none')
    for (const name of ['null chunks avi', 'starting later by its edit list mp4'])
      expect(reasonOf(() => probe(make(timed[name]!)))).toBe('none')
  })
})

describe('a packet damaged in the middle', () => {
  const spoil = (packet: Passing) => {
    if (packet.ordinal === 17) packet.data.fill(0xa5, packet.data.length >> 3)
  }
  const names = [
    ...[
      'plain mp4',
      'plain mkv',
      'plain ts',
      'hevc mp4',
      'mpeg4 mp4',
      'mpeg4 avi with B-frames',
      'mpeg2 mpg',
    ],
    ...['vp8 webm', 'vp9 webm', 'mjpeg avi', 'mjpeg mov', 'ffv1 mkv', 'h263 3gp', 'theora ogg', 'prores mov'],
  ]
  for (const name of names)
    it(`${name}: no frame is taken for another`, () => {
      const medium = plain[name]!
      const path = make({ ...medium, streams: medium.streams.map((one) => ({ ...one, pass: spoil })) })
      const frames = medium.streams[0]!.frames!
      const fps = 25
      const at = (places: ReadonlyArray<number>) =>
        ({ kind: 'times', times: places.map((place) => (place + 0.5) / fps) }) as const
      // Those before the damage, and those behind the next keyframe, are there as if nothing had happened.
      const before = readNumbers(path, at([0, 5, 9]), undefined)
      expect(before.numbers).toEqual([0, 5, 9])
      if (frames > 30) expect(readNumbers(path, at([27, 33, 39]), undefined).numbers).toEqual([27, 33, 39])
      // Of the others each is right, or stands at the time of the frame it shows, or the file is said to be damaged.
      const reason = reasonOf(() => {
        const { numbers, times } = readNumbers(path, whole, undefined)
        numbers.forEach((number, place) => {
          if (number !== null) expect(number, `place ${place}`).toBe(Math.round(times[place]! * fps))
        })
      })
      expect(['none', 'damaged']).toContain(reason)
    })

  it('is named with its frame and time', () => {
    const medium = plain['vp9 webm']!
    const path = make({ ...medium, streams: [{ ...medium.streams[0]!, pass: spoil }] })
    expect(() => readNumbers(path, whole, undefined)).toThrow(/frame 17 at 0\.68 s cannot be decoded; /)
  })
})

describe('packets that are not there', () => {
  const without = (gone: ReadonlyArray<number>) => (packet: Passing) => {
    packet.keep = !gone.includes(packet.ordinal)
  }
  for (const name of ['plain mkv', 'plain mp4', 'mpeg2 ts', 'vp9 webm', 'mjpeg avi'])
    it(`${name}: from the middle, the frames before and behind stay at their times`, () => {
      const medium = plain[name]!
      const path = make({ ...medium, streams: [{ ...medium.streams[0]!, pass: without([14, 15, 16, 17]) }] })
      const some = readNumbers(path, { kind: 'times', times: [0.1, 1.26, 1.5] }, undefined)
      expect(some.numbers).toEqual([2, 31, 37])
    })

  it('ts: lost 188-byte pieces of a frame are damage, as the container counts them', () => {
    const lose = (bytes: Buffer) => {
      const from = 188 * Math.floor(bytes.length / 188 / 2)
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 3 * 188)])
    }
    for (const name of ['plain ts', 'mpeg2 ts']) {
      const path = make({ ...plain[name]!, after: lose })
      expect(reasonOf(() => readNumbers(path, whole, undefined))).toBe('damaged')
      expect(readNumbers(path, { kind: 'times', times: [0.1, 1.5] }, undefined).numbers).toEqual([2, 37])
    }
  })

  for (const name of ['plain ts', 'mpeg2 ts'])
    it(`${name}: a recording that starts between keyframes begins with its first whole frame`, () => {
      const medium = plain[name]!
      const path = make({ ...medium, streams: [{ ...medium.streams[0]!, pass: without([0, 1, 2, 3, 4]) }] })
      const { numbers, times } = readNumbers(path, { kind: 'rate', fps: 5 }, undefined)
      const first = numbers[0]! - Math.round(times[0]! * 25)
      expect(numbers.every((number, place) => number === first + Math.round(times[place]! * 25))).toBe(true)
      expect(numbers.at(-1)).toBeGreaterThan(30)
    })
})

it('media are at least forty', () => {
  expect([plain, timed, pictured].flatMap(Object.keys).length).toBeGreaterThanOrEqual(40)
})
