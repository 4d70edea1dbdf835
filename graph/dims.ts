/**
 * One length of a shape: a number, or an expression in symbols such as `batch` or `2*batch*tokens+1`, kept as a
 * polynomial in a canonical spelling, so that equal expressions are equal strings.
 */
export type Dim = number | string

/** Lengths, outermost first. */
export type Shape = readonly Dim[]

type Polynomial = Map<string, number>

const parse = (dim: Dim): Polynomial => {
  const terms: Polynomial = new Map()
  if (typeof dim === 'number') return dim === 0 ? terms : terms.set('', dim)
  for (const term of dim.split('+')) {
    let factor = 1
    const symbols: string[] = []
    for (const part of term.split('*')) {
      const text = part.trim()
      if (/^-?\d+$/.test(text)) factor *= Number(text)
      else symbols.push(text)
    }
    const key = symbols.sort().join('*')
    terms.set(key, (terms.get(key) ?? 0) + factor)
  }
  return terms
}

const format = (terms: Polynomial): Dim => {
  const parts = [...terms].filter(([, factor]) => factor !== 0).sort(([a], [b]) => (a < b ? 1 : -1))
  if (parts.length === 0) return 0
  if (parts.length === 1 && parts[0]![0] === '') return parts[0]![1]
  return parts
    .map(([key, factor]) => (key === '' ? `${factor}` : factor === 1 ? key : `${factor}*${key}`))
    .join('+')
}

/** The canonical spelling of a length. */
export const canonical = (dim: Dim): Dim => (typeof dim === 'number' ? dim : format(parse(dim)))

/** Sum of two lengths. */
export const addDims = (a: Dim, b: Dim): Dim => {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  const sum = parse(a)
  for (const [key, factor] of parse(b)) sum.set(key, (sum.get(key) ?? 0) + factor)
  return format(sum)
}

/** Product of two lengths. */
export const multiplyDims = (a: Dim, b: Dim): Dim => {
  if (typeof a === 'number' && typeof b === 'number') return a * b
  const product: Polynomial = new Map()
  for (const [keyA, factorA] of parse(a)) {
    for (const [keyB, factorB] of parse(b)) {
      const symbols = [...keyA.split('*'), ...keyB.split('*')].filter((symbol) => symbol !== '')
      const key = symbols.sort().join('*')
      product.set(key, (product.get(key) ?? 0) + factorA * factorB)
    }
  }
  return format(product)
}

/** `a - b`. */
export const subtractDims = (a: Dim, b: Dim): Dim => addDims(a, multiplyDims(b, -1))

/** `a / b` when the division leaves no rest and `b` is a single term; otherwise undefined. */
export const divideDims = (a: Dim, b: Dim): Dim | undefined => {
  const divisor = [...parse(b)]
  if (divisor.length !== 1) return undefined
  const [divisorKey, divisorFactor] = divisor[0]!
  const quotient: Polynomial = new Map()
  for (const [key, factor] of parse(a)) {
    if (factor % divisorFactor !== 0) return undefined
    const symbols = key.split('*')
    for (const symbol of divisorKey === '' ? [] : divisorKey.split('*')) {
      const at = symbols.indexOf(symbol)
      if (at < 0) return undefined
      symbols.splice(at, 1)
    }
    quotient.set(symbols.filter((symbol) => symbol !== '').join('*'), factor / divisorFactor)
  }
  return format(quotient)
}

/** Number of elements of a shape, possibly symbolic. */
export const sizeOf = (shape: Shape): Dim => shape.reduce<Dim>(multiplyDims, 1)

/** Terms of a symbolic length as [symbols, factor] pairs, for computing it at run time. */
export const termsOf = (dim: Dim): readonly (readonly [readonly string[], number])[] =>
  [...parse(dim)].map(([key, factor]) => [key === '' ? [] : key.split('*'), factor])

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** The greatest number known to divide a length, of symbols that are always multiples of `multiples` (1 where unnamed). */
export const divisorOf = (dim: Dim, multiples: Readonly<Record<string, number>> = {}): number =>
  [...parse(dim)]
    .map(([key, factor]) => key.split('*').reduce((all, symbol) => all * (multiples[symbol] ?? 1), factor))
    .reduce((a, b) => gcd(Math.abs(a), Math.abs(b)), 0)

/** Whether two shapes are equal, length by length. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, index) => dim === b[index])

/** A shape as people read it: `[batch, 4, 16]`. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`
