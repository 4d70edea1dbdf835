/** Element types of weights in a safetensors file. In memory every weight is float32. */
export type FloatType = 'F32' | 'F16' | 'BF16'

export const bytesPer: Readonly<Record<FloatType, number>> = { F32: 4, F16: 2, BF16: 2 }

/** Writes the values of little-endian bytes to `into`, from `start` on. The bytes need an even offset in their buffer. */
export const decodeInto = (into: Float32Array, start: number, bytes: Uint8Array, type: FloatType): void => {
  const { buffer, byteOffset } = bytes
  const length = bytes.length / bytesPer[type]
  if (type === 'F32') {
    new Uint8Array(into.buffer, into.byteOffset + 4 * start, bytes.length).set(bytes)
  } else if (type === 'F16') {
    into.set(new Float16Array(buffer, byteOffset, length), start)
  } else {
    const halves = new Uint16Array(buffer, byteOffset, length)
    const words = new Uint32Array(into.buffer, into.byteOffset + 4 * start, length)
    for (let i = 0; i < length; i++) words[i] = halves[i]! << 16
  }
}

/** Little-endian bytes of values, rounded to the nearest (ties to even) where the type is shorter. */
export const encodeFloats = (values: Float32Array, type: FloatType): Uint8Array => {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (type === 'F16') return new Uint8Array(Float16Array.from(values).buffer)
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    // Rounding up must not turn a NaN into infinity.
    halves[i] = Number.isNaN(values[i]!) ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
  }
  return new Uint8Array(halves.buffer)
}
