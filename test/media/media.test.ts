import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scratch } from '../video/files.ts'
import { type Medium, pictured, plain, timed } from './catalogue.ts'
import { makeMedia } from './make.ts'
import { readNumbers } from './read.ts'

const folder = scratch()

const expected = (medium: Medium) => {
  const count = Math.max(...medium.streams.map(({ frames = 75 }) => frames))
  const numbers = medium.numbers ?? Array.from({ length: count }, (_, i) => i)
  const fps = medium.streams[0]!.fps ?? 25
  return { numbers, times: medium.times ?? numbers.map((_, i) => i / fps) }
}

const check = (name: string, medium: Medium) => {
  const { numbers, times } = expected(medium)
  const tolerance = medium.tolerance ?? 1e-4
  const path = makeMedia(join(folder, `${name}.${medium.suffix ?? medium.container}`), medium)
  const all = readNumbers(path, { kind: 'count', count: 1000 }, undefined)
  expect(all.numbers).toEqual(numbers)
  expect(Array.from(all.indices)).toEqual(numbers.map((_, i) => i))
  all.times.forEach((time, i) => {
    expect(Math.abs(time - times[i]!), `time of frame ${i}`).toBeLessThanOrEqual(tolerance)
  })
  // Few frames, each after a seek of its own: what is on screen in the middle of a frame's time.
  const places = [0.93, 0.4, 0.61, 0.05].map((share) => Math.floor(share * numbers.length))
  const wanted = places.map((place) => (all.times[place]! + (all.times[place + 1] ?? all.info.duration)) / 2)
  const some = readNumbers(path, { kind: 'times', times: wanted }, undefined, undefined, 1)
  expect(some.numbers).toEqual(places.map((place) => numbers[place]))
  expect(Array.from(some.times)).toEqual(places.map((place) => all.times[place]))
}

for (const [title, media] of Object.entries({ plain, timed, pictured }))
  describe(`${title} media: every frame at its time, whole and by seeking`, () => {
    for (const [name, medium] of Object.entries(media)) it(name, () => check(name, medium))
  })

it('are at least forty', () => {
  expect([plain, timed, pictured].flatMap(Object.keys).length).toBeGreaterThanOrEqual(40)
})
