import { describe, expect, it } from '@effect/vitest'
import { Windows } from '../../core/index.ts'
import {
  centreAt,
  durationOf,
  gradeRules,
  grades,
  grid,
  held,
  holds,
  queriesOf,
  renderFrame,
  renderFrames,
  type Scene,
  scene,
  windowsOf,
} from '../../datasets/shapes/index.ts'

const many: ReadonlyArray<Scene> = Array.from({ length: 600 }, (_, seed) =>
  scene(grades[seed % 3]!, 'test', seed),
)

describe('a scene', () => {
  it('covers its whole time, on the half-second grid, inside the picture', () => {
    for (const one of many) {
      expect([12, 14, 16]).toContain(durationOf(one))
      for (const { phases, radius } of one.actors) {
        expect(radius).toBeGreaterThanOrEqual(14)
        expect(phases[0]!.start).toBe(0)
        expect(phases.at(-1)!.end).toBe(one.ticks)
        phases.forEach(({ start, end }, index) => {
          expect(start % grid).toBe(0)
          expect(end).toBeGreaterThan(start)
          if (index > 0) expect(start).toBe(phases[index - 1]!.end)
        })
      }
      for (const actor of one.actors)
        for (let tick = 0; tick < one.ticks; tick++) {
          const [x, y] = centreAt(actor, tick) ?? [0, 0]
          expect(Math.min(x, y) >= 0 && Math.max(x, y) < 128).toBe(true)
        }
    }
  })

  it('never shows two shapes alike', () => {
    for (const { actors } of many)
      expect(new Set(actors.map(({ colour, shape }) => `${colour} ${shape}`)).size).toBe(actors.length)
  })

  it('moves the way its phases say', () => {
    for (const { actors } of many)
      for (const { kind, direction, from, to } of actors.flatMap(({ phases }) => phases)) {
        if (kind !== 'move' && kind !== 'enter' && kind !== 'leave') continue
        const far = direction === 'left' || direction === 'right' ? to[0] - from[0] : to[1] - from[1]
        expect(direction === 'right' || direction === 'down' ? far : -far).toBeGreaterThanOrEqual(34)
      }
  })

  it('is fixed by its seed', () => {
    expect(scene('hard', 3, 4)).toEqual(scene('hard', 3, 4))
    expect(scene('hard', 3, 4)).not.toEqual(scene('hard', 3, 5))
  })

  it('has more shapes and shorter events the harder it is', () => {
    const mean = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0) / values.length
    const shapes = grades.map((grade) =>
      mean(many.filter((s) => s.grade === grade).map((s) => s.actors.length)),
    )
    expect(shapes[0]).toBeLessThan(shapes[1]!)
    expect(shapes[1]).toBeLessThan(shapes[2]!)
    expect(gradeRules.easy.length[0]).toBeGreaterThan(gradeRules.hard.length[1])
  })
})

describe('queries', () => {
  it('have sorted, disjoint windows within the clip, none as long as the clip', () => {
    for (const one of many)
      for (const { windows, who, event } of queriesOf(one)) {
        expect(Windows.merge(windows)).toEqual(windows)
        expect(Windows.complement(windows, [0, durationOf(one)]).length).toBeGreaterThan(0)
        for (const [start, end] of windows) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeLessThanOrEqual(durationOf(one))
          expect(holds(one, { who, event }, [start, end])).toBe(true)
        }
      }
  })

  it('include absent and repeated ones', () => {
    const counts = many.flatMap((one) => queriesOf(one).map(({ windows }) => windows.length))
    for (const count of [0, 1, 2, 3]) expect(counts.filter((c) => c === count).length).toBeGreaterThan(100)
  })

  it('agree with the centres: a shape is visible exactly while it has one', () => {
    for (const one of many.slice(0, 150))
      for (const { who, event } of queriesOf(one)) {
        if (event !== 'visible' || who.colour === undefined || who.shape === undefined) continue
        const actor = one.actors.find((a) => a.colour === who.colour && a.shape === who.shape)
        for (let tick = 0; tick < one.ticks; tick++)
          expect(held(one, { who, event }, [tick / 8, (tick + 1) / 8]) > 0).toBe(
            actor !== undefined && centreAt(actor, tick) !== null,
          )
      }
  })

  it('are worded with their subject', () => {
    const asked = queriesOf(many[0]!)
    expect(new Set(asked.map(({ text }) => text)).size).toBe(asked.length)
    for (const { text, who } of asked) expect(text).toContain(who.colour ?? who.shape)
  })
})

describe('drawing', () => {
  const hash = (bytes: Uint8Array) => bytes.reduce((h, b) => Math.imul(h ^ b, 0x01000193) >>> 0, 0x811c9dc5)

  it('gives the same bytes for the same seed, always', () => {
    expect([0, 3, 7].map((time) => hash(renderFrame(scene('medium', 'golden'), time, 64)))).toEqual([
      3382264689, 1621060935, 509646211,
    ])
  })

  it('at 64 pixels is the picture of 128 pixels, averaged', () => {
    const one = many[2]!
    const small = renderFrame(one, 5, 64)
    const large = renderFrame(one, 5, 128)
    for (let y = 0; y < 64; y++)
      for (let x = 0; x < 64; x++)
        for (let c = 0; c < 3; c++) {
          const at = (j: number, i: number) => large[((2 * y + j) * 128 + 2 * x + i) * 3 + c]!
          const mean = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4
          expect(Math.abs(small[(y * 64 + x) * 3 + c]! - mean)).toBeLessThanOrEqual(2)
        }
  })

  it('shows a shape that differs from the background', () => {
    for (const one of many.slice(0, 60)) {
      const [window] = windowsOf(one, { who: one.actors[0]!, event: 'visible' })
      if (window === undefined) continue
      const { seed, actors } = one
      const empty = renderFrame({ ...one, seed, actors: actors.slice(1) }, window[0] + 0.5, 64)
      const shown = renderFrame({ ...one, seed, actors: [actors[0]!] }, window[0] + 0.5, 64)
      let changed = 0
      for (let i = 0; i < shown.length; i++) if (Math.abs(shown[i]! - empty[i]!) > 40) changed++
      expect(changed).toBeGreaterThan(30)
    }
  })

  it('stacks frames', () => {
    const one = many[1]!
    const both = renderFrames(one, [1, 2], 32)
    expect(both.length).toBe(2 * 32 * 32 * 3)
    expect(both.subarray(32 * 32 * 3)).toEqual(renderFrame(one, 2, 32))
  })
})
