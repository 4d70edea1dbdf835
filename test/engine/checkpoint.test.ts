import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createCheckpoint,
  decodeInto,
  encodeFloats,
  type FloatType,
  readCheckpoint,
  readSafetensors,
  writeCheckpoint,
  writeSafetensors,
} from '../../engine/checkpoint/index.ts'
import { trainTokenizer } from '../../engine/tokenizer/index.ts'
import { fixtures } from './goldens.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'spanwise-checkpoint-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const copyOf = async (name: string) => {
  const target = path.join(folder, name)
  await cp(path.join(fixtures, name), target, { recursive: true })
  return target
}
const edit = async (file: string, change: (json: Record<string, object>) => unknown) =>
  writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')))))
/** The one line that a user sees. */
const failure = async (target: string) => {
  const error = await Effect.runPromise(Effect.flip(readCheckpoint(target)))
  expect(error.message.split('\n')).toHaveLength(1)
  return error.message
}

describe('a checkpoint folder', () => {
  test.each(['tied', 'untied'])('%s is read whole and written back the same', async (name) => {
    const checkpoint = await Effect.runPromise(readCheckpoint(path.join(fixtures, name)))
    expect([...checkpoint.tensors.keys()]).toEqual([...checkpoint.model.shapes.keys()])
    const target = path.join(folder, 'written')
    await Effect.runPromise(writeCheckpoint(target, checkpoint))
    await Effect.runPromise(writeCheckpoint(target, checkpoint))
    expect(await readdir(folder)).toEqual(['written'])
    expect((await readdir(target)).sort()).toEqual((await readdir(path.join(fixtures, name))).sort())
    const again = await Effect.runPromise(readCheckpoint(target))
    expect(again.model.shapes).toEqual(checkpoint.model.shapes)
    expect(again.shards).toEqual(checkpoint.shards)
    expect(again.tensors).toEqual(checkpoint.tensors)
  })

  test('may be written as float16, which config.json then says', async () => {
    const checkpoint = await Effect.runPromise(readCheckpoint(path.join(fixtures, 'tied')))
    const target = path.join(folder, 'half')
    await Effect.runPromise(writeCheckpoint(target, checkpoint, { type: 'F16' }))
    expect(JSON.parse(await readFile(path.join(target, 'config.json'), 'utf8')).dtype).toBe('float16')
    const again = await Effect.runPromise(readCheckpoint(target))
    for (const [name, { data, type }] of again.tensors) {
      expect(type).toBe('F16')
      const before = checkpoint.tensors.get(name)!.data
      expect(
        data.every((value, i) => Math.abs(value - before[i]!) <= Math.abs(before[i]!) / 1024 + 1e-7),
      ).toBe(true)
    }
  })

  test('can be made new, alike from the same seed', () => {
    const make = (seed: number) =>
      createCheckpoint('new', {
        vision: { depth: 2, hiddenSize: 16, intermediateSize: 24, heads: 2, side: 4, deepstack: [0] },
        text: {
          layers: 1,
          hiddenSize: 24,
          intermediateSize: 32,
          heads: 2,
          kvHeads: 1,
          headDim: 12,
          ropeTheta: 10000,
          mropeSection: [2, 2, 2],
          maxPositions: 512,
        },
        tieEmbeddings: true,
        tokenizer: trainTokenizer(['a b'], 264),
        clipPixels: [4096, 1048576],
        fps: 2,
        seed,
      })
    const first = make(1)
    expect(first.model.tokens.video).toBe(263)
    expect(first.generation.eosTokenIds).toEqual([258, 256])
    expect(first.tensors).toEqual(make(1).tensors)
    expect(first.tensors).not.toEqual(make(2).tensors)
  })
})

describe('a faulty checkpoint is refused in one line', () => {
  test('an unknown architecture', async () => {
    const target = await copyOf('tied')
    await edit(path.join(target, 'config.json'), (json) => ({ ...json, model_type: 'llava' }))
    expect(await failure(target)).toBe(
      `${target}/config.json model_type: architecture llava is not supported; use a checkpoint of one of: qwen2_vl, qwen2_5_vl, qwen3_vl`,
    )
  })

  test('a wrong field', async () => {
    const target = await copyOf('tied')
    await edit(path.join(target, 'config.json'), (json) => ({
      ...json,
      vision_config: { ...json.vision_config, depth: -2 },
    }))
    expect(await failure(target)).toContain('config.json vision_config.depth: ')
  })

  test.each(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'])(
    '%s missing',
    async (file) => {
      const target = await copyOf('tied')
      await rm(path.join(target, file))
      expect(await failure(target)).toContain(`${target}/${file}: is missing; `)
    },
  )

  test('no such folder', async () => {
    expect(await failure(path.join(folder, 'nowhere'))).toContain('nowhere/config.json: is missing')
  })

  test('weights or a shard missing', async () => {
    const target = await copyOf('tied')
    await rm(path.join(target, 'model.safetensors'))
    expect(await failure(target)).toContain(
      'model.safetensors: is missing, and so is model.safetensors.index.json',
    )
    const sharded = await copyOf('untied')
    const shard = 'model-00002-of-00003.safetensors'
    await rm(path.join(sharded, shard))
    expect(await failure(sharded)).toContain(`${shard}: is missing`)
  })

  test.each([
    '../outside.safetensors',
    '/elsewhere/outside.safetensors',
    'a/b.safetensors',
    'C:\\\\x.safetensors',
    'config.json',
    '..',
  ])('an index that names %s, reading and writing', async (name) => {
    const target = await copyOf('untied')
    await edit(path.join(target, 'model.safetensors.index.json'), (json) => ({
      ...json,
      weight_map: { ...json.weight_map, 'lm_head.weight': name },
    }))
    expect(await failure(target)).toContain('weight_map.lm_head.weight: names ')
    const checkpoint = await Effect.runPromise(readCheckpoint(path.join(fixtures, 'untied')))
    const shards = new Map([...checkpoint.shards, ['lm_head.weight', name]])
    const error = await Effect.runPromise(
      Effect.flip(writeCheckpoint(path.join(folder, 'out', 'model'), { ...checkpoint, shards })),
    )
    expect(error.message).toContain('weight lm_head.weight is to be written to ')
    expect(await readdir(path.join(folder, 'out'))).toEqual([])
  })

  test.each([
    ['text_config', 'num_hidden_layers'],
    ['text_config', 'vocab_size'],
    ['text_config', 'hidden_size'],
    ['vision_config', 'depth'],
    ['vision_config', 'patch_size'],
  ])('an absurd %s.%s, at once', async (part, field) => {
    const target = await copyOf('tied')
    await edit(path.join(target, 'config.json'), (json) => ({
      ...json,
      [part]: { ...json[part], [field]: 1e9 },
    }))
    expect(await failure(target)).toMatch(
      new RegExp(`config.json ${part}.${field}.*: .*is above \\d+, the most`),
    )
  })

  test.each([
    ['config.json', { vision_config: { num_heads: 3 } }, 'heads of the vision tower do not divide'],
    ['config.json', { text_config: { rms_norm_eps: 1e300 } }, 'text_config.rms_norm_eps: '],
    ['video_preprocessor_config.json', { image_std: 0 }, 'image_std'],
    ['video_preprocessor_config.json', { patch_size: 7 }, 'cuts patches of 2 x 7 x 7'],
    ['video_preprocessor_config.json', { temporal_patch_size: 1 }, 'cuts patches of 1 x 16 x 16'],
  ])('numbers that cannot be computed with: %s %o', async (file, change, problem) => {
    const target = await copyOf('tied')
    await edit(path.join(target, file), (json) => ({
      ...json,
      ...Object.fromEntries(
        Object.entries(change).map(([name, value]) => [
          name,
          typeof value === 'object' ? { ...json[name], ...value } : value,
        ]),
      ),
    }))
    expect(await failure(target)).toContain(problem)
  })

  test('a missing tensor', async () => {
    const target = await copyOf('tied')
    const file = path.join(target, 'model.safetensors')
    const tensors = await readSafetensors(file)
    tensors.delete('model.language_model.norm.weight')
    await writeSafetensors(file, tensors)
    expect(await failure(target)).toContain(`${file}: contains no tensor model.language_model.norm.weight; `)
    const sharded = await copyOf('untied')
    await edit(path.join(sharded, 'model.safetensors.index.json'), (json) => {
      const { 'lm_head.weight': _gone, ...rest } = json.weight_map as Record<string, string>
      return { ...json, weight_map: rest }
    })
    expect(await failure(sharded)).toContain(
      'model.safetensors.index.json: contains no tensor lm_head.weight; ',
    )
  })

  test('a mis-shaped tensor, with both shapes', async () => {
    const target = await copyOf('tied')
    await edit(path.join(target, 'config.json'), (json) => ({
      ...json,
      text_config: { ...json.text_config, intermediate_size: 88 },
    }))
    expect(await failure(target)).toContain(
      'tensor model.language_model.layers.0.mlp.gate_proj.weight has shape [80, 48], config.json asks for [88, 48]; ',
    )
  })

  test('a truncated file', async () => {
    const target = await copyOf('tied')
    const file = path.join(target, 'model.safetensors')
    await truncate(file, 300_000)
    expect(await failure(target)).toMatch(/model\.safetensors \(.*\): ends at byte \d+ of a file of 300000; /)
    await truncate(file, 100)
    expect(await failure(target)).toContain('its header should be')
    await truncate(file, 3)
    expect(await failure(target)).toContain('too short')
  })

  test('a tokenizer of another model', async () => {
    const target = await copyOf('tied')
    await edit(path.join(target, 'config.json'), (json) => ({ ...json, video_token_id: 300 }))
    expect(await failure(target)).toContain('has <|video_pad|> as 327, config.json as 300; ')
    const other = await copyOf('tied')
    await edit(path.join(other, 'config.json'), (json) => ({ ...json, image_token_id: 300 }))
    expect(await failure(other)).toContain('has <|image_pad|> as 326, config.json as 300; ')
    const small = await copyOf('untied')
    await edit(path.join(small, 'config.json'), (json) => ({
      ...json,
      text_config: { ...json.text_config, vocab_size: 327 },
    }))
    expect(await failure(small)).toContain('has token 327, config.json a vocabulary of 327; ')
  })

  test('broken JSON', async () => {
    const target = await copyOf('tied')
    await writeFile(path.join(target, 'tokenizer.json'), '{')
    expect(await failure(target)).toContain('tokenizer.json: is not JSON')
  })

  test('a folder that cannot be written', async () => {
    const checkpoint = await Effect.runPromise(readCheckpoint(path.join(fixtures, 'tied')))
    const file = path.join(folder, 'file')
    await writeFile(file, '')
    const error = await Effect.runPromise(Effect.flip(writeCheckpoint(path.join(file, 'below'), checkpoint)))
    expect(error.message).toContain('cannot be written')
  })
})

describe('element types', () => {
  const decodeFloats = (bytes: Uint8Array, type: FloatType) => {
    const values = new Float32Array(bytes.length / (type === 'F32' ? 4 : 2))
    decodeInto(values, 0, bytes, type)
    return values
  }
  const finite = fc.float({ noNaN: true, noDefaultInfinity: true })

  test('float32 keeps every value', () => {
    fc.assert(
      fc.property(fc.array(fc.float()), (values) => {
        const floats = Float32Array.from(values)
        expect(decodeFloats(encodeFloats(floats, 'F32'), 'F32')).toEqual(floats)
      }),
    )
  })

  test('bfloat16 rounds to the nearest, ties to even', () => {
    const view = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!
    const of = (value: number) => decodeFloats(encodeFloats(Float32Array.of(value), 'BF16'), 'BF16')[0]!
    fc.assert(
      fc.property(finite, (value) => {
        const low = view(value) & 0xffff
        const down = view(value) >>> 16
        const up = low > 0x8000 || (low === 0x8000 && (down & 1) === 1)
        expect(view(of(value))).toBe(((down + (up ? 1 : 0)) << 16) >>> 0)
      }),
    )
    expect(of(Number.NaN)).toBeNaN()
    expect(of(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
  })

  test('halves come back from their own bytes', () => {
    fc.assert(
      fc.property(fc.array(finite), fc.constantFrom('F16' as const, 'BF16' as const), (values, type) => {
        const once = encodeFloats(Float32Array.from(values), type)
        expect(encodeFloats(decodeFloats(once, type), type)).toEqual(once)
      }),
    )
  })
})
