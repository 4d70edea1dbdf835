import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { architectures } from '../../engine/architectures/index.ts'
import { windowsOf } from '../../engine/architectures/qwen25vl/windows.ts'
import {
  readCheckpoint,
  readPreprocessing,
  readSafetensors,
  writeCheckpoint,
} from '../../engine/checkpoint/index.ts'
import { evenlySpaced, processMessages } from '../../engine/processor/index.ts'
import { folderOf, golden, messagesOf } from './goldens.ts'
import { published } from './published.ts'

describe('the configuration', () => {
  test.each([
    ['qwen2_5_vl', 3_754_622_976],
    ['qwen2_vl', 2_208_985_600],
  ] as const)('of the published %s describes all its weights', (type, weights) => {
    const model = architectures[type].model.parse(published[type])
    let total = 0
    for (const shape of model.shapes.values()) total += shape.reduce((a, b) => a * b, 1)
    expect(total).toBe(weights)
    expect(model.vision.patchLength).toBe(1176)
  })

  test.each([
    ['a sliding window', { use_sliding_window: true }],
    ['another rotary variant', { rope_scaling: { type: 'yarn', mrope_section: [16, 24, 24] } }],
    ['heads that do not divide the width', { num_attention_heads: 15 }],
    ['key heads that do not divide the heads', { num_key_value_heads: 3 }],
    [
      'vision heads that cannot rotate',
      { vision_config: { ...published.qwen2_5_vl.vision_config, num_heads: 640 } },
    ],
    ['sections that do not fill a head', { rope_scaling: { type: 'mrope', mrope_section: [16, 24, 16] } }],
    ['another activation', { vision_config: { ...published.qwen2_5_vl.vision_config, hidden_act: 'gelu' } }],
  ])('refuses %s, which the engine does not compute', (_name, change) => {
    const { model } = architectures.qwen2_5_vl
    expect(model.safeParse(published.qwen2_5_vl).success).toBe(true)
    expect(model.safeParse({ ...published.qwen2_5_vl, ...change }).success).toBe(false)
  })
})

describe('windows', () => {
  const sides = fc.integer({ min: 1, max: 12 })
  test('hold every block once, none wider than a window, in contiguous groups', () => {
    fc.assert(
      fc.property(sides, sides, fc.integer({ min: 1, max: 5 }), (rows, columns, side) => {
        const { order, groups } = windowsOf(rows, columns, side)
        expect(order.toSorted((a, b) => a - b)).toEqual([...Array(rows * columns).keys()])
        let at = 0
        for (const { start, windows, blocks } of groups) {
          expect(start).toBe(at)
          at += windows * blocks
          for (let window = 0; window < windows; window++) {
            const own = order.slice(start + window * blocks, start + (window + 1) * blocks)
            const of = (block: number) => [
              Math.floor(block / columns / side),
              Math.floor((block % columns) / side),
            ]
            expect(new Set(own.map((block) => of(block).join())).size).toBe(1)
          }
        }
        expect(at).toBe(order.length)
      }),
    )
  })
})

describe('frames of a model that knows one interval', () => {
  const even = (...times: ReadonlyArray<number>) => evenlySpaced({ fps: 2, times: Float64Array.from(times) })

  test('are even although each is the picture on screen at its time, uneven where one is missing', () => {
    expect(even(0, 0.5, 1, 1.5)).toBe(true)
    expect(even(0, 0.48, 1, 1.48)).toBe(true)
    expect(even(7)).toBe(true)
    expect(even(0, 0.5, 1.5)).toBe(false)
    expect(even(3, 3.48, 4.48)).toBe(false)
  })

  test('are even from any constant source, and their interval is that of the sampling', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 60, noNaN: true }),
        fc.double({ min: 0.25, max: 30, noNaN: true }),
        fc.integer({ min: 1, max: 200 }),
        (source, fps, count) => {
          const shown = (place: number) => Math.floor((place / fps) * source + 1e-6) / source
          expect(evenlySpaced({ fps, times: Float64Array.from({ length: count }, (_, k) => shown(k)) })).toBe(
            true,
          )
        },
      ),
    )
  })

  test.each(['qwen2vl/qwen2.5-vl', 'qwen2vl/qwen2-vl'] as const)(
    'are refused by %s where some were dropped',
    async (name) => {
      const checkpoint = await Effect.runPromise(readPreprocessing(folderOf(name)))
      const [message] = messagesOf(golden(name), 0).slice(1)
      const [part] = message!.content
      if (part?.type !== 'video') throw new Error('the golden case begins with a video')
      const { clip } = part
      const size = clip.rgb.length / clip.times.length
      const kept = [0, 1, 3, 4]
      const rgb = Buffer.concat(kept.map((frame) => clip.rgb.subarray(frame * size, (frame + 1) * size)))
      const dropped = { ...clip, times: Float64Array.from(kept, (frame) => clip.times[frame]!), rgb }
      expect(() =>
        processMessages(checkpoint, [{ role: 'user', content: [{ type: 'video', clip: dropped }] }]),
      ).toThrow(/not evenly spaced, and qwen2\w+ takes frames at one interval only; blank hidden frames/)
    },
  )
})

describe.each(['qwen2vl/qwen2.5-vl', 'qwen2vl/qwen2-vl'] as const)('the folder %s', (name) => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'spanwise-qwen2-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const read = (where: string) => Effect.runPromise(readCheckpoint(where))

  test('is written back under the names that its files have', async () => {
    const checkpoint = await read(folderOf(name))
    const target = path.join(folder, 'written')
    await Effect.runPromise(writeCheckpoint(target, checkpoint))
    const index = 'model.safetensors.index.json'
    const map = async (where: string) =>
      JSON.parse(await readFile(path.join(where, index), 'utf8')).weight_map
    expect(await map(target)).toEqual(await map(folderOf(name)))
    const again = await read(target)
    expect(again.tensors).toEqual(checkpoint.tensors)
    const [first] = new Set(checkpoint.shards.values())
    const names = [...(await readSafetensors(path.join(target, first!))).keys()]
    expect(names.some((one) => one.startsWith('visual.') || one.startsWith('model.layers.'))).toBe(true)
  })

  test('reads the same in the layout of transformers 5: a text_config, and names below language_model', async () => {
    const before = await read(folderOf(name))
    const target = path.join(folder, 'five')
    await Effect.runPromise(writeCheckpoint(target, { ...before, stored: new Map() }))
    const { rope_theta, rope_scaling, ...flat } = JSON.parse(before.files.get('config.json')!)
    const { vision_config, model_type, ...text } = flat
    const nested = {
      model_type,
      vision_config,
      tie_word_embeddings: flat.tie_word_embeddings,
      video_token_id: flat.video_token_id,
      image_token_id: flat.image_token_id,
      vision_start_token_id: flat.vision_start_token_id,
      vision_end_token_id: flat.vision_end_token_id,
      text_config: {
        ...text,
        rope_parameters: { rope_type: 'default', rope_theta, mrope_section: rope_scaling.mrope_section },
      },
    }
    await writeFile(path.join(target, 'config.json'), JSON.stringify(nested))
    const after = await read(target)
    expect(after.stored.size).toBe(0)
    expect(after.model.shapes).toEqual(before.model.shapes)
    expect(after.tensors).toEqual(before.tensors)
    const prompt = (checkpoint: typeof before) => processMessages(checkpoint, messagesOf(golden(name), 0))
    const [a, b] = [prompt(before), prompt(after)]
    expect(b.positions).toEqual(a.positions)
    expect(after.model.angles(b.positions)).toEqual(before.model.angles(a.positions))
  })
})
