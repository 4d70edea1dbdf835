import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { random } from '../../core/index.ts'
import { architectures } from '../../engine/architectures/index.ts'
import { initialDeviation, type NewModel, preprocessing } from '../../engine/checkpoint/index.ts'

type Sizes = Pick<NewModel, 'vision' | 'text'>

const vision = {
  depth: 24,
  hiddenSize: 1024,
  intermediateSize: 4096,
  heads: 16,
  side: 48,
  deepstack: [5, 11, 17],
}
const text = {
  kvHeads: 8,
  headDim: 128,
  ropeTheta: 5_000_000,
  mropeSection: [24, 20, 20],
  maxPositions: 262_144,
} as const

/** Qwen3-VL-2B and 8B as published, and two narrower ones with the same vocabulary. */
export const realSizes = {
  '186m': {
    vision: { ...vision, depth: 6, hiddenSize: 256, intermediateSize: 1024, heads: 4, deepstack: [1, 2, 3] },
    text: { ...text, layers: 4, hiddenSize: 1024, intermediateSize: 2048, heads: 8, kvHeads: 4 },
  },
  '694m': {
    vision: { ...vision, depth: 12, hiddenSize: 768, intermediateSize: 3072, heads: 12 },
    text: { ...text, layers: 28, hiddenSize: 1024, intermediateSize: 3072, heads: 16 },
  },
  '2b': { vision, text: { ...text, layers: 28, hiddenSize: 2048, intermediateSize: 6144, heads: 16 } },
  '8b': {
    vision: { ...vision, depth: 27, hiddenSize: 1152, intermediateSize: 4304, deepstack: [8, 16, 24] },
    text: { ...text, layers: 36, hiddenSize: 4096, intermediateSize: 12288, heads: 32 },
  },
} as const satisfies Record<string, Sizes>

export type RealSize = keyof typeof realSizes

/** Bytes of a shard at most (a larger tensor has one of its own): the 2B model comes in a dozen of them. */
const shardBytes = 300 * 2 ** 20
/** Draws that are repeated with other offsets; a prime number, so that no two rows of a matrix are equal. */
const poolLength = 1_048_573

/** Upper halves of float32: bfloat16 by truncation. */
const bfloat16 = (values: Float32Array): Uint16Array => {
  const words = new Uint32Array(values.buffer)
  return Uint16Array.from(words, (word) => word >>> 16)
}

interface Entry {
  readonly name: string
  readonly shape: ReadonlyArray<number>
  readonly length: number
}

const shardsOf = (
  shapes: ReadonlyMap<string, ReadonlyArray<number>>,
): ReadonlyArray<ReadonlyArray<Entry>> => {
  const shards: Array<Array<Entry>> = []
  let room = 0
  for (const [name, shape] of shapes) {
    const length = shape.reduce((product, each) => product * each, 1)
    if (shards.length === 0 || 2 * length > room) {
      shards.push([])
      room = shardBytes
    }
    shards.at(-1)!.push({ name, shape, length })
    room -= 2 * length
  }
  return shards
}

/**
 * Writes a random Qwen3-VL of a true size into `folder`, bfloat16 and sharded as published, one tensor in memory at a
 * time. `tokenizer` is a folder with Qwen3's tokenizer.json and tokenizer_config.json. `weights: false` leaves the
 * weights out: enough to be refused.
 */
export const makeRealModel = async (
  folder: string,
  size: RealSize,
  tokenizer: string,
  { weights = true }: { readonly weights?: boolean } = {},
): Promise<{ readonly parameters: number; readonly shards: number }> => {
  const json = async (name: string) => JSON.parse(await readFile(path.join(tokenizer, name), 'utf8'))
  const files = architectures.qwen3_vl.newFiles({
    ...realSizes[size],
    tieEmbeddings: size !== '8b',
    vocabulary: 151_936,
    tokenizer: { tokenizer: await json('tokenizer.json'), config: await json('tokenizer_config.json') },
    clipPixels: [4096, 25_165_824],
    fps: 2,
  })
  await mkdir(folder, { recursive: true })
  for (const [name, content] of files) await writeFile(path.join(folder, name), content)
  const { model } = preprocessing(folder, files)
  const shapes = model.shapes
  const shards = shardsOf(shapes)
  const parameters = shards.flat().reduce((sum, { length }) => sum + length, 0)
  if (!weights) return { parameters, shards: shards.length }
  const source = random('real model', size)
  const pool = Float32Array.from({ length: poolLength }, () => source.normal())
  const places: Record<string, string> = {}
  for (const [index, entries] of shards.entries()) {
    const file = `model-${String(index + 1).padStart(5, '0')}-of-${String(shards.length).padStart(5, '0')}.safetensors`
    const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
    let end = 0
    for (const { name, shape, length } of entries) {
      header[name] = { dtype: 'BF16', shape, data_offsets: [end, end + 2 * length] }
      end += 2 * length
      places[name] = file
    }
    const line = Buffer.from(JSON.stringify(header))
    const head = Buffer.alloc(8 + Math.ceil(line.length / 8) * 8, ' ')
    head.writeBigUInt64LE(BigInt(head.length - 8), 0)
    line.copy(head, 8)
    const handle = await open(path.join(folder, file), 'w')
    await handle.write(head)
    for (const { name, shape, length } of entries) {
      const matrix = shape.length > 1
      const deviation = matrix ? initialDeviation(model, name, shape) : 0.02
      const centre = !matrix && name.endsWith('.weight') ? 1 : 0
      const start = source.int(0, poolLength - 1)
      const halves = bfloat16(pool.map((value) => centre + deviation * value))
      for (let done = 0, at = start; done < length; at = 0) {
        const part = halves.subarray(at, Math.min(poolLength, at + length - done))
        await handle.write(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
        done += part.length
      }
    }
    await handle.close()
  }
  await writeFile(
    path.join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 2 * parameters }, weight_map: places }),
  )
  return { parameters, shards: shards.length }
}
