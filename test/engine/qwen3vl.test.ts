import path from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { architectures, type Grid, graphWeights, textPositions } from '../../engine/architectures/index.ts'
import { visionRope } from '../../engine/architectures/parts/rope.ts'
import { configSchema } from '../../engine/architectures/qwen3vl/config.ts'
import { positionTaps } from '../../engine/architectures/qwen3vl/position-taps.ts'
import { vision } from '../../engine/architectures/qwen3vl/vision.ts'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { Session, tensor } from '../../engine/session.ts'
import { Graph } from '../../graph/index.ts'
import { emit } from '../../graph/onnx/emit.ts'
import { fixtures } from './goldens.ts'
import { published as all } from './published.ts'

const published = all.qwen3_vl
const config = configSchema.parse(published)
const model = architectures.qwen3_vl.model.parse(published)
const ropePositions = (ids: ReadonlyArray<number>, grids: ReadonlyArray<Grid>) =>
  model.positions(
    ids,
    grids.map((grid) => ({ grid, secondsPerPair: 1 })),
  )

describe('the configuration', () => {
  test('of the published 2B model describes its 2.1 billion weights', () => {
    expect(config.text).toMatchObject({ ropeTheta: 5000000, mropeSection: [24, 20, 20], kvHeads: 8 })
    let total = 0
    for (const shape of model.shapes.values()) total += shape.reduce((a, b) => a * b, 1)
    expect(total).toBe(2127532032)
    expect(model.vision.patchLength).toBe(1536)
  })

  test('refuses rotary variants that the engine does not compute', () => {
    const text_config = {
      ...published.text_config,
      rope_scaling: { rope_type: 'yarn', mrope_section: [24, 20, 20] },
    }
    expect(configSchema.safeParse({ ...published, text_config }).success).toBe(false)
  })
})

test.each([
  ['key heads', { text_config: { ...published.text_config, num_key_value_heads: 3 } }],
  ['vision heads', { vision_config: { ...published.vision_config, num_heads: 24 } }],
])('%s that do not fit are refused', (_name, change) => {
  expect(configSchema.safeParse({ ...published, ...change }).success).toBe(false)
})

const prompts = fc.array(
  fc.record({
    words: fc.integer({ min: 0, max: 4 }),
    grid: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
    ),
  }),
  { maxLength: 3 },
)
/** Ids of a prompt in which every frame pair is preceded by one word, and the grids in patches. */
const idsOf = (parts: ReadonlyArray<{ words: number; grid: readonly [number, number, number] }>) => ({
  ids: parts.flatMap(({ words, grid: [t, h, w] }) => [
    ...Array<number>(words).fill(1),
    ...Array.from({ length: t }, () => [1, ...Array<number>(h * w).fill(model.tokens.video)]).flat(),
  ]),
  grids: parts.map(({ grid: [t, h, w] }): Grid => [t, 2 * h, 2 * w]),
})

describe('positions', () => {
  test('of text after a prompt follow as if it had been part of it', () => {
    fc.assert(
      fc.property(prompts, fc.integer({ min: 1, max: 5 }), (parts, count) => {
        const { ids, grids } = idsOf(parts)
        const prompt = ropePositions([...ids, 1], grids)
        const all = ropePositions([...ids, 1, ...Array<number>(count).fill(1)], grids)
        const axes = [0, 1, 2].flatMap((axis) => {
          const end = (axis + 1) * (ids.length + 1 + count)
          return [...all.subarray(end - count, end)]
        })
        expect([...textPositions(prompt[ids.length]! + 1, count)]).toEqual(axes)
      }),
    )
  })

  test('need as many frame pairs as the grids have', () => {
    const { ids, grids } = idsOf([{ words: 1, grid: [2, 1, 2] }])
    expect(() => ropePositions(ids, [])).toThrow('more runs of video tokens than the 0 of the clips')
    expect(() => ropePositions(ids, [...grids, ...grids])).toThrow(
      'the ids hold 2 runs of video tokens, the clips 4',
    )
  })

  test('turn into unit vectors, equal for equal axes', () => {
    const { cos, sin } = model.angles(Int32Array.of(0, 7, 0, 7, 0, 7))
    expect(cos.length).toBe(2 * 64)
    expect(cos.subarray(0, 64).every((value) => value === 1)).toBe(true)
    expect(cos.every((value, i) => Math.abs(value ** 2 + sin[i]! ** 2 - 1) < 1e-6)).toBe(true)
    expect(cos[64]).toBeCloseTo(Math.cos(7), 6)
    expect(visionRope(config.vision, [[0, 1]]).cos.length).toBe(32)
  })

  test('learned for a frame are weighted means of four rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (rows, columns) => {
        const { indices, weights } = positionTaps(config.vision, 2 * rows, 2 * columns)
        expect(indices.every((index) => index >= 0 && index < 2304)).toBe(true)
        for (let i = 0; i < weights.length; i += 4) {
          const sum = weights[i]! + weights[i + 1]! + weights[i + 2]! + weights[i + 3]!
          expect(sum).toBeCloseTo(1, 5)
        }
      }),
      { numRuns: 20 },
    )
  })
})

test('a frame pair is seen the same alone and among others', async () => {
  const checkpoint = await Effect.runPromise(readCheckpoint(path.join(fixtures, 'untied')))
  const graph = new Graph('vision')
  const width = checkpoint.model.vision.patchLength
  const pixels = graph.input('pixels', 'float32', ['pairs', 8, width])
  const rows = graph.input('rows', 'int64', ['tokens'])
  const config = configSchema.parse(JSON.parse(checkpoint.files.get('config.json')!))
  const seen = vision(config)(graph, graphWeights(graph), { pixels, rows, height: 2, width: 4 })
  graph.output('tokens', seen.tokens)
  seen.deepstack.forEach((feature, i) => {
    graph.output(`deepstack${i}`, feature)
  })
  const weights = Object.fromEntries(
    Array.from(checkpoint.tensors, ([name, { data, shape }]) => [name, tensor('float32', data, shape)]),
  )
  const three = Float32Array.from({ length: 3 * 8 * width }, (_, i) => Math.sin(i * 1.7))
  const run = (count: number, data: Float32Array) =>
    Effect.gen(function* () {
      const session = yield* Session.make(emit(graph), { device: 'cpu', threads: 1 })
      const known = Object.fromEntries(
        Object.entries(weights).filter(([name]) => session.inputs.includes(name)),
      )
      return yield* session.run({
        ...known,
        pixels: tensor('float32', data, [count, 8, width]),
        rows: tensor('int64', new BigInt64Array(1)),
      })
    }).pipe(Effect.scoped, Effect.runPromise)
  const together = await run(3, three)
  const alone = await run(1, three.slice(8 * width, 16 * width))
  for (const name of ['tokens', 'deepstack0', 'deepstack1']) {
    const all = together[name]!.data as Float32Array
    const one = alone[name]!.data as Float32Array
    const part = all.subarray(all.length / 3, (2 * all.length) / 3)
    expect(one.every((value, i) => Math.abs(value - part[i]!) < 1e-5)).toBe(true)
  }
})
