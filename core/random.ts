/**
 * Seeded randomness. Every draw in Spanwise comes from here, so that a seed fixes a run on any machine.
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix-style hashing of the key parts.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  readonly next: () => number
  /** Uniform integer in [low, high], both included. */
  readonly int: (low: number, high: number) => number
  /** Uniform real in [low, high). */
  readonly uniform: (low: number, high: number) => number
  /** Normal deviate by Box-Muller. */
  readonly normal: (mean?: number, deviation?: number) => number
  /** One element, uniformly. */
  readonly pick: <A>(items: ReadonlyArray<A>) => A
  /** A new array in random order (Fisher-Yates). */
  readonly shuffle: <A>(items: ReadonlyArray<A>) => Array<A>
  /** The four 32-bit words of the generator, to be stored in a checkpoint. */
  readonly state: () => RandomState
}

export type RandomState = readonly [number, number, number, number]

/** 32-bit FNV-1a hash of a string with a final avalanche; used to derive seeds from names. */
export const hash32 = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A generator that continues from a stored state. */
export const restore = ([a0, b0, c0, d0]: RandomState): Random => {
  let a = a0
  let b = b0
  let c = c0
  let d = d0
  const word = () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  const next = () => word() / 4294967296
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    int,
    uniform: (low, high) => low + next() * (high - low),
    normal: (mean = 0, deviation = 1) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick: the list is empty')
      return items[int(0, items.length - 1)]!
    },
    shuffle: (items) => {
      const shuffled = items.slice()
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = int(0, i)
        const kept = shuffled[i]!
        shuffled[i] = shuffled[j]!
        shuffled[j] = kept
      }
      return shuffled
    },
    state: () => [a, b, c, d],
  }
}

/** A generator whose stream is fixed by `parts`, e.g. `random(seed, 'dea', sample.id)`. */
export const random = (...parts: ReadonlyArray<string | number>): Random => {
  const key = parts.join('\u0000')
  const generator = restore([hash32(key), hash32(`${key}\u0001`), hash32(`${key}\u0002`), 1])
  for (let i = 0; i < 12; i++) generator.next()
  return generator
}
