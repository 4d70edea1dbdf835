import { open } from 'node:fs/promises'
import { z } from 'zod'
import { InputError } from '../../core/index.ts'
import { limits } from '../limits.ts'
import { bytesPer, decodeInto, encodeFloats, type FloatType } from './floats.ts'

/** A weight: values in memory are float32 whatever the file holds; `type` is what the file holds. */
export interface Tensor {
  readonly shape: ReadonlyArray<number>
  readonly type: FloatType
  readonly data: Float32Array
}

const entry = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
})
const header = z.record(z.string(), z.union([entry, z.record(z.string(), z.string())]))

const sizeOf = (shape: ReadonlyArray<number>) => shape.reduce((product, length) => product * length, 1)
const isFloat = (dtype: string): dtype is FloatType => Object.hasOwn(bytesPer, dtype)
const damaged = (subject: string, problem: string) =>
  new InputError({ subject, problem, remedy: 'copy or download the file again' })

/** Bytes read and widened at a time: a tensor is never in memory twice. */
const portion = 8 * 2 ** 20

/**
 * The tensors of one safetensors file, in the file's order; only those that `wanted` holds, where it is given. Rejects
 * with `InputError` where the file is damaged or holds a type other than F32, F16 or BF16.
 */
export const readSafetensors = async (
  file: string,
  wanted?: { readonly has: (name: string) => boolean },
): Promise<Map<string, Tensor>> => {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const fill = async (bytes: Uint8Array, position: number) => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done)
        if (bytesRead === 0) throw damaged(file, `ends at byte ${position + done}`)
        done += bytesRead
      }
      return bytes
    }
    const read = (length: number, position: number) => fill(new Uint8Array(length), position)
    const scratch = new Uint8Array(portion)
    const floats = async (type: FloatType, count: number, position: number) => {
      const values = new Float32Array(count)
      const size = bytesPer[type]
      for (let done = 0; done < count; done += portion / size) {
        const bytes = scratch.subarray(0, Math.min(portion, (count - done) * size))
        decodeInto(values, done, await fill(bytes, position + done * size), type)
      }
      return values
    }
    if (size < 8) throw damaged(file, `is ${size} bytes long, too short for a safetensors file`)
    const length = Number(new DataView((await read(8, 0)).buffer).getBigUint64(0, true))
    if (length > size - 8)
      throw damaged(file, `its header should be ${length} bytes but the file has ${size}`)
    if (length > limits.headerBytes)
      throw damaged(file, `its header is ${length} bytes long, more than safetensors allows`)
    const entries = parseHeader(file, await read(length, 8))
    const tensors = new Map<string, Tensor>()
    for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
      if (wanted?.has(name) === false) continue
      const subject = `${file} (${name})`
      if (!isFloat(dtype)) {
        throw new InputError({
          subject,
          problem: `is of type ${dtype}`,
          remedy: 'save the weights as float32, float16 or bfloat16',
        })
      }
      const [start, end] = offsets
      const expected = sizeOf(shape) * bytesPer[dtype]
      if (end - start !== expected) {
        throw damaged(subject, `shape [${shape}] needs ${expected} bytes, the header gives ${end - start}`)
      }
      if (8 + length + end > size)
        throw damaged(subject, `ends at byte ${8 + length + end} of a file of ${size}`)
      tensors.set(name, {
        shape,
        type: dtype,
        data: await floats(dtype, sizeOf(shape), 8 + length + start),
      })
    }
    return tensors
  } finally {
    await handle.close()
  }
}

const parseHeader = (file: string, bytes: Uint8Array): Array<[string, z.output<typeof entry>]> => {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw damaged(file, 'its header is not JSON')
  }
  const parsed = header.safeParse(json)
  if (!parsed.success) throw damaged(file, 'its header is not one of safetensors')
  return Object.entries(parsed.data).flatMap(([name, value]) => {
    if (name === '__metadata__') return []
    const one = entry.safeParse(value)
    if (!one.success) throw damaged(file, `its header entry ${name} is incomplete`)
    return [[name, one.data] as [string, z.output<typeof entry>]]
  })
}

/** Writes a safetensors file that transformers loads. Not atomic: see `writeCheckpoint`. */
export const writeSafetensors = async (file: string, tensors: ReadonlyMap<string, Tensor>): Promise<void> => {
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let offset = 0
  for (const [name, { shape, type }] of tensors) {
    const end = offset + sizeOf(shape) * bytesPer[type]
    entries[name] = { dtype: type, shape, data_offsets: [offset, end] }
    offset = end
  }
  const text = new TextEncoder().encode(JSON.stringify(entries))
  const padded = Math.ceil(text.length / 8) * 8
  const head = new Uint8Array(8 + padded).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true)
  head.set(text, 8)
  const handle = await open(file, 'w')
  try {
    await handle.write(head)
    for (const { data, type } of tensors.values()) {
      const bytes = encodeFloats(data, type)
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, Math.min(bytes.length - done, 1 << 30))).bytesWritten
      }
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}
