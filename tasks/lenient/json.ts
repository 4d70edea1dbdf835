/** A value of a JSON text. */
export type Parsed = unknown

/** Texts longer than this are not looked at for JSON: no answer is. */
const longest = 20_000

const tryParse = (text: string): { readonly value: Parsed } | null => {
  try {
    return { value: JSON.parse(text) as Parsed }
  } catch {
    return null
  }
}

/** Python literals as JSON: single quotes, tuples, `None`, trailing commas. */
const asJson = (text: string): string =>
  text
    .replace(/'([^'"\n]{0,200})'/g, '"$1"')
    .replace(/\bNone\b/g, 'null')
    .replace(/\bTrue\b/g, 'true')
    .replace(/\bFalse\b/g, 'false')
    .replace(/\(/g, '[')
    .replace(/\)/g, ']')
    .replace(/,(\s{0,100}[\]}])/g, '$1')

const parse = (text: string) => tryParse(text) ?? tryParse(asJson(text))

/** Values nested deeper than this are no answers. */
const deepest = 16

/** Where the bracketed value that begins at `start` ends, or -1 where it does not or is too deep. */
const endOf = (text: string, start: number): number => {
  let depth = 0
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const character = text[i]
    if (quoted) {
      if (character === '\\') i++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '[' || character === '{') {
      if (++depth > deepest) return -1
    } else if ((character === ']' || character === '}') && --depth === 0) return i + 1
  }
  return -1
}

/**
 * The last list or object of a text; several with nothing but commas and white space between them are one list. `whole`
 * says that the text is nothing else. Null where there is none.
 */
export const lastJson = (text: string): { readonly value: Parsed; readonly whole: boolean } | null => {
  const trimmed = text.trim()
  if (trimmed.length > longest) return null
  let run: Array<Parsed> = []
  let runStart = 0
  let runEnd = 0
  for (let start = nextOpening(trimmed, 0); start >= 0; ) {
    const end = endOf(trimmed, start)
    if (end < 0) break
    const parsed = parse(trimmed.slice(start, end))
    if (parsed !== null) {
      if (run.length === 0 || !/^[\s,;]*(?:and\s+)?$/.test(trimmed.slice(runEnd, start))) {
        run = []
        runStart = start
      }
      run.push(parsed.value)
      runEnd = end
    }
    start = nextOpening(trimmed, end)
  }
  if (run.length === 0) return null
  return {
    value: run.length === 1 ? run[0] : run,
    whole: runStart === 0 && runEnd === trimmed.length,
  }
}

const nextOpening = (text: string, from: number): number => {
  const at = text.slice(from).search(/[[{]/)
  return at < 0 ? -1 : from + at
}

export const isObject = (value: Parsed): value is { readonly [key: string]: Parsed } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A key without case and punctuation: `start_time` and `startTime` are one. */
const plainKey = (key: string): string => key.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** The value under the first of some names that an object has; undefined where it has none. */
export const underAny = (value: { readonly [key: string]: Parsed }, names: ReadonlyArray<string>): Parsed => {
  const keys = new Map(Object.keys(value).map((key) => [plainKey(key), key]))
  for (const name of names) {
    const key = keys.get(name)
    if (key !== undefined) return value[key]
  }
  return undefined
}

/** The value under the first key that a pattern matches; undefined where there is none. */
export const underLike = (value: { readonly [key: string]: Parsed }, pattern: RegExp): Parsed => {
  const key = Object.keys(value).find((name) => pattern.test(plainKey(name)))
  return key === undefined ? undefined : value[key]
}

/**
 * The one text, number or truth value that a JSON answer comes down to: through lists of one, the last of several
 * objects, and the first of some names of an object or the only value it has. Undefined where there is none.
 */
export const scalarIn = (
  value: Parsed,
  names: ReadonlyArray<string>,
): string | number | boolean | undefined => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) {
    const items = value as ReadonlyArray<Parsed>
    return items.length === 1 || items.every(isObject) ? scalarIn(items.at(-1), names) : undefined
  }
  if (!isObject(value)) return undefined
  const named = underAny(value, names)
  const values = Object.values(value)
  return named === undefined && values.length !== 1 ? undefined : scalarIn(named ?? values[0], names)
}
