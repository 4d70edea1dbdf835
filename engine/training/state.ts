import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../../core/index.ts'
import { attempt, fileError, whole } from '../../files/index.ts'

/** What an exact continuation of training needs. */
export interface TrainerState {
  /** Optimiser steps done. */
  readonly step: number
  /** Arrays by name: weights that learn and their moments. */
  readonly arrays: ReadonlyMap<string, Float32Array>
}

/*
 * A state file is a line of JSON (`headerSchema`), the CRC-32 of that line as another, and the arrays in the header's
 * order, little-endian float32. Files are written and read in portions, so their size has no limit.
 */
const magic = 'spanwise-state-2'
const headerSchema = z.object({
  magic: z.literal(magic),
  step: z.number().int().nonnegative(),
  arrays: z.array(z.object({ name: z.string(), length: z.number().int().nonnegative(), crc32: z.number() })),
})

/** Bytes written and read at a time; of the header at most. */
const portion = 16 * 2 ** 20

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength)

function* portionsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += portion) yield bytes.subarray(at, at + portion)
}

const checksum = (data: Float32Array): number => {
  let sum = 0
  for (const part of portionsOf(bytesOf(data))) sum = crc32(part, sum)
  return sum
}

/** Writes a state whole or not at all; interruption waits for it. */
export const writeState = (file: string, { step, arrays }: TrainerState): Effect.Effect<void, InputError> =>
  Effect.uninterruptible(
    attempt(file, 'written', () =>
      whole(file, async (temporary) => {
        await using handle = await open(temporary, 'wx')
        const list = [...arrays].map(([name, data]) => ({ name, length: data.length, crc32: checksum(data) }))
        const line = `${JSON.stringify({ magic, step, arrays: list })}\n`
        await handle.appendFile(`${line}${crc32(line)}\n`)
        for (const data of arrays.values())
          for (const part of portionsOf(bytesOf(data))) await handle.appendFile(part)
      }),
    ),
  )

const damaged = (file: string, problem: string) =>
  new InputError({
    subject: file,
    problem,
    remedy: `remove ${dirname(file)} to continue from the checkpoint before it`,
  })

const readHeader = async (file: string, handle: FileHandle) => {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(portion), 0, portion, 0)
  const start = buffer.subarray(0, bytesRead)
  const end = start.indexOf(10) + 1
  const line = start.toString('utf8', 0, end)
  if (line.startsWith('{"magic":"spanwise-state-1"'))
    throw damaged(file, 'was written by a version of Spanwise that stored no checksums')
  const after = start.indexOf(10, end)
  if (end === 0 || after < 0 || start.toString('utf8', end, after) !== String(crc32(line)))
    throw damaged(file, 'is not a saved state, or its header is damaged')
  return { ...headerSchema.parse(JSON.parse(line)), at: after + 1 }
}

/** Fills the memory with the file's bytes from `at` on; false where the file ends before. */
const fill = async (handle: FileHandle, bytes: Uint8Array, at: number): Promise<boolean> => {
  for (const part of portionsOf(bytes)) {
    const start = at + part.byteOffset - bytes.byteOffset
    for (let done = 0; done < part.length; ) {
      const { bytesRead } = await handle.read(part, done, part.length - done, start + done)
      if (bytesRead === 0) return false
      done += bytesRead
    }
  }
  return true
}

type Listed = z.output<typeof headerSchema>['arrays']

/** Refuses a state whose arrays are not those that it is to fill. */
const requireMatch = (file: string, list: Listed, into: ReadonlyMap<string, Float32Array>) => {
  const other =
    list.find(({ name, length }) => into.get(name)?.length !== length)?.name ??
    [...into.keys()].find((name) => !list.some((one) => one.name === name))
  if (other === undefined) return
  throw new InputError({
    subject: file,
    problem: `does not match the model and its trained weights (${other} differs)`,
    remedy: 'continue with the checkpoint and settings that the run started with',
  })
}

/**
 * Reads a state, into the arrays of `into` where it is given: they must be exactly those of the file. All checksums are
 * verified before anything is written there. Fails with an `InputError` that names what to remove where the file is damaged.
 */
export const readState = (
  file: string,
  into?: ReadonlyMap<string, Float32Array>,
): Effect.Effect<TrainerState, InputError> =>
  Effect.tryPromise({
    try: async () => {
      await using handle = await open(file)
      const { step, arrays: list, at } = await readHeader(file, handle)
      if (into !== undefined) requireMatch(file, list, into)
      const { size } = await handle.stat()
      const scratch = new Uint8Array(portion)
      let start = at
      for (const { name, length, crc32: expected } of list) {
        const end = start + 4 * length
        if (end > size) throw damaged(file, `ends inside ${name}`)
        let sum = 0
        for (; start < end; start += portion) {
          const part = scratch.subarray(0, Math.min(portion, end - start))
          if (!(await fill(handle, part, start))) throw damaged(file, `ends inside ${name}`)
          sum = crc32(part, sum)
        }
        start = end
        if (sum !== expected) throw damaged(file, `${name} does not match its checksum`)
      }
      if (start !== size) throw damaged(file, `has ${size - start} bytes after its last array`)
      start = at
      const arrays = new Map<string, Float32Array>()
      for (const { name, length } of list) {
        const data = into?.get(name) ?? new Float32Array(length)
        if (!(await fill(handle, bytesOf(data), start))) throw damaged(file, `ends inside ${name}`)
        arrays.set(name, data)
        start += 4 * length
      }
      return { step, arrays }
    },
    catch: (cause) =>
      cause instanceof InputError
        ? cause
        : fileError(file, 'read', cause, 'check that it exists and may be read'),
  })
