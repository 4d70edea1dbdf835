import { z } from 'zod'

/**
 * The most that a checkpoint's files may ask for: well above every published model, and low enough that a wrong number
 * is refused instead of being computed with.
 */
export const limits = {
  layers: 1024,
  /** Attention heads of a layer. */
  heads: 4096,
  /** Hidden and intermediate sizes, and the size of a head. */
  width: 2 ** 18,
  vocabulary: 2 ** 24,
  /** Tokens of a sequence. */
  positions: 2 ** 28,
  /** Side of a patch, of a merged block of patches, and colour channels. */
  patch: 256,
  frames: 2 ** 20,
  /** Bytes of a text file of a checkpoint, and of the header of a safetensors file. */
  textBytes: 256 * 2 ** 20,
  headerBytes: 100 * 2 ** 20,
} as const

/** A whole number of 1 to `most`. */
export const count = (most: number) =>
  z
    .number()
    .int()
    .positive()
    .max(most, { error: `is above ${most}, the most this engine accepts` })
