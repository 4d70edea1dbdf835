import { join } from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { byteCache, clipPrompts, hideFrames } from '../../trainer/index.ts'
import { grayClip } from './clip.ts'
import { stubItems } from './stub.ts'

const clip = grayClip(32)

const source = async (mode: 'blank' | 'drop', shown = clip) => {
  let decoded = 0
  const preprocessing = await Effect.runPromise(
    readPreprocessing(join(import.meta.dirname, '../fixtures/qwen3vl/tied')),
  )
  const prompts = clipPrompts({
    dialect: 'shapes',
    preprocessing,
    clip: () =>
      Effect.sync(() => {
        decoded++
        return shown
      }),
    seed: 1,
    mode,
    margin: null,
  })
  return { prompts, preprocessing, decoded: () => decoded }
}

describe('clipPrompts', () => {
  it('decodes once, processes once for each mask, and keeps the grid when it blanks', async () => {
    const { prompts, decoded } = await source('blank')
    const item = stubItems(1)[0]!
    const open = await Effect.runPromise(prompts.prepare(item, 0))
    const masked = await Effect.runPromise(prompts.prepare(item, 0.5))
    const again = await Effect.runPromise(prompts.prepare(item, 0.5))
    expect(decoded()).toBe(1)
    expect(again.prompt).toBe(masked.prompt)
    expect(open.prompt.grids).toEqual(masked.prompt.grids)
    expect(open.prompt.text).toBe(masked.prompt.text)
    expect(open.prompt.pixels).not.toEqual(masked.prompt.pixels)
    expect(open.mask.share).toBe(0)
    // The window is [1, 2] and the margin 2 s: pairs at 0 to 4 s stay, 11 may go, the six lowest ranks do.
    expect(masked.mask.share).toBe(12 / 32)
    expect(masked.priorIou).toBeGreaterThan(0)
  })

  it('drops whole frame pairs and keeps the true times of the others', async () => {
    const { prompts } = await source('drop')
    const { prompt } = await Effect.runPromise(prompts.prepare(stubItems(1)[0]!, 1))
    expect(prompt.grids).toEqual([[5, 2, 2]])
    expect([...prompt.text.matchAll(/<(\d+\.\d) seconds>/g)].map(([, time]) => Number(time))).toEqual([
      0.2, 1.2, 2.2, 3.2, 4.2,
    ])
  })

  it('ends a reply with the end token', async () => {
    const { prompts, preprocessing } = await source('blank')
    const tokens = prompts.encode('<answer>none</answer>')
    expect(tokens.at(-1)).toBe(preprocessing.tokenizer.endId)
    expect(preprocessing.tokenizer.decode(tokens, { skipSpecial: true })).toBe('<answer>none</answer>')
  })

  it('leaves the clip as it is when nothing is hidden', () => {
    expect(hideFrames(clip, new Uint8Array(32), 'blank')).toBe(clip)
    const hidden = Uint8Array.from({ length: 32 }, (_, i) => (i < 2 ? 1 : 0))
    expect([...hideFrames(clip, hidden, 'blank').blank.subarray(0, 3)]).toEqual([1, 1, 0])
    expect(hideFrames(clip, hidden, 'drop').times[0]).toBe(1)
  })
})

describe('byteCache', () => {
  it('never holds more than its limit, and forgets the longest unused first', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(60))), (entries) => {
        const cache = byteCache<number>(100)
        for (const [key, bytes] of entries) {
          cache.set(key, bytes, bytes)
          expect(cache.bytes()).toBeLessThanOrEqual(100)
          expect(cache.get(key)).toBe(bytes)
        }
      }),
    )
    const cache = byteCache<number>(2)
    cache.set('a', 1, 1)
    cache.set('b', 2, 1)
    cache.get('a')
    cache.set('c', 3, 1)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
    cache.set('big', 4, 3)
    expect(cache.get('big')).toBeUndefined()
  })
})

describe('prompts of shuffled frames', () => {
  it('show the same pictures at the same times in another order, fixed by the seed', async () => {
    const size = clip.rgb.length / clip.times.length
    const counted = { ...clip, rgb: clip.rgb.map((_, place) => 4 * Math.floor(place / size)) }
    const { prompts } = await source('blank', counted)
    const item = stubItems(1)[0]!
    const of = (shuffled?: number) => Effect.runPromise(prompts.prepare(item, 0, shuffled))
    const [filmed, shuffled, again, other] = [await of(), await of(7), await of(7), await of(8)]
    expect(shuffled.prompt.text).toBe(filmed.prompt.text)
    expect(shuffled.prompt.pixels).not.toEqual(filmed.prompt.pixels)
    expect(again.prompt.pixels).toEqual(shuffled.prompt.pixels)
    expect(other.prompt.pixels).not.toEqual(shuffled.prompt.pixels)
    const sum = (pixels: Float32Array) => pixels.reduce((total, one) => total + one, 0)
    expect(sum(shuffled.prompt.pixels)).toBeCloseTo(sum(filmed.prompt.pixels), 0)
  })
})
