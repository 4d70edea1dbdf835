/** What an exact continuation of training needs. */
export interface TrainerState {
  /** Optimiser steps done. */
  readonly step: number
  /** Arrays by name: weights that learn and their moments. */
  readonly arrays: ReadonlyMap<string, Float32Array>
}

const magic = 'spanwise-state-1'

/** One block of bytes: a JSON line with names and lengths, then the arrays in that order, little-endian. */
export const encodeState = ({ step, arrays }: TrainerState): Uint8Array => {
  const header = { magic, step, arrays: [...arrays].map(([name, data]) => [name, data.length]) }
  const line = Buffer.from(`${JSON.stringify(header)}\n`)
  const size = [...arrays.values()].reduce((sum, data) => sum + data.byteLength, line.length)
  const bytes = new Uint8Array(size)
  bytes.set(line)
  let at = line.length
  for (const data of arrays.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/** The reverse of `encodeState`; throws RangeError on bytes that are not a state or are cut off. */
export const decodeState = (bytes: Uint8Array): TrainerState => {
  const end = bytes.indexOf(10)
  const text = end < 0 ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, end).toString()
  if (!text.startsWith(`{"magic":"${magic}"`)) throw new RangeError('the bytes are not a saved state')
  const header: { step: number; arrays: ReadonlyArray<readonly [string, number]> } = JSON.parse(text)
  let at = end + 1
  const arrays = new Map<string, Float32Array>()
  for (const [name, length] of header.arrays) {
    if (at + 4 * length > bytes.length) throw new RangeError(`the saved state ends inside ${name}`)
    // Copied byte by byte, because they need not be aligned.
    const array = new Float32Array(length)
    new Uint8Array(array.buffer).set(bytes.subarray(at, at + 4 * length))
    arrays.set(name, array)
    at += 4 * length
  }
  return { step: header.step, arrays }
}
