/** Element types of weights in a safetensors file. In memory every weight is float32. */
export type FloatType = 'F32' | 'F16' | 'BF16'

export const bytesPer: Readonly<Record<FloatType, number>> = { F32: 4, F16: 2, BF16: 2 }

/** Values of little-endian bytes. The bytes are copied, so they need no alignment. */
export const decodeFloats = (bytes: Uint8Array, type: FloatType): Float32Array => {
  const own = bytes.slice().buffer
  if (type === 'F32') return new Float32Array(own)
  if (type === 'F16') return Float32Array.from(new Float16Array(own))
  const halves = new Uint16Array(own)
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16
  return new Float32Array(words.buffer)
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
