import { z } from 'zod'

export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** Values nested deeper than this are refused: recursive code, here and in the store, must be able to traverse them. */
const maxDepth = 100

/** Why a text cannot be stored, shown or sent; null for valid text. */
const textProblem = (text: string): string | null => {
  if (!text.isWellFormed()) return 'contains half of a surrogate pair, which is not a character'
  return text.includes('\u0000') ? 'contains a NUL character' : null
}

type Path = ReadonlyArray<PropertyKey>

/** What is wrong with a scalar value; null for a valid one, and for lists and maps. */
const leafProblem = (value: unknown): string | null => {
  switch (typeof value) {
    case 'string':
      return textProblem(value)
    case 'number':
      return Number.isFinite(value) ? null : 'is not a finite number'
    case 'boolean':
    case 'object':
    case 'undefined':
      return null
    default:
      return `${typeof value} is not JSON`
  }
}

/**
 * Where and why a parsed JSON value cannot be kept: text that is not well-formed Unicode or holds NUL, numbers that are
 * not finite, nesting beyond `maxDepth`. Null for a valid one; an absent field (undefined) is valid. Never recurses, so
 * any depth is safe.
 */
export const jsonProblem = (root: unknown): { readonly path: Path; readonly problem: string } | null => {
  const own = leafProblem(root)
  if (own !== null) return { path: [], problem: own }
  const open: Array<{ readonly value: unknown; readonly path: Path }> = [{ value: root, path: [] }]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { value, path } = node
    if (typeof value !== 'object' || value === null) continue
    if (path.length >= maxDepth)
      return { path: path.slice(0, 1), problem: `is nested deeper than ${maxDepth} levels` }
    const fields: ReadonlyArray<unknown> = Array.isArray(value) ? value : Object.values(value)
    const keys = Array.isArray(value) ? null : Object.keys(value)
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]
      if (typeof field === 'number' && Number.isFinite(field)) continue
      const problem = leafProblem(field)
      const key = keys?.[i] ?? i
      if (problem !== null) return { path: [...path, key], problem }
      if (typeof field === 'object' && field !== null) open.push({ value: field, path: [...path, key] })
    }
    const key = keys?.find((one) => textProblem(one) !== null)
    if (key !== undefined) return { path, problem: `a key ${textProblem(key)}` }
  }
  return null
}

/** Text that can be stored, shown and sent unchanged. */
export const textSchema = z.string().check((context) => {
  const problem = textProblem(context.value)
  if (problem !== null) context.issues.push({ code: 'custom', input: context.value, message: problem })
})

/** A visible character: no white space, and no mark that only changes others. */
const visible = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]/u

/** Text that is not blank, of at most 65 536 characters. */
export const wordsSchema = textSchema
  .max(65_536)
  .refine((text) => visible.test(text), 'is empty or only white space')

/** An identifier. Some files write it as a number, which must be an integer, because 1.10 and 1.1 would be equal. */
export const identifierSchema = z.codec(
  z.union([textSchema, z.int()], {
    error: ({ input }) =>
      input === undefined
        ? 'is missing'
        : typeof input === 'string'
          ? (textProblem(input) ?? 'does not fit')
          : 'expected text or a whole number',
  }),
  wordsSchema,
  { decode: String, encode: (text) => text },
)

/** Any JSON value that `jsonProblem` accepts. */
export const jsonSchema: z.ZodType<Json> = z.custom<Json>().check((context) => {
  const found = jsonProblem(context.value)
  if (found !== null)
    context.issues.push({
      code: 'custom',
      input: context.value,
      path: [...found.path],
      message: found.problem,
    })
})
