import { z } from 'zod'
import { plainLine } from './plain-text.ts'

const kinds: { readonly [type: string]: string } = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map of fields',
  record: 'a map of fields',
  null: 'null',
}

/** What a value from outside is, as an error says it. */
const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'number')
    return Number.isFinite(value) ? 'a number' : 'a number that is not finite or too large'
  return kinds[typeof value] ?? typeof value
}

const units: { readonly [origin: string]: readonly [one: string, several: string] } = {
  string: [' character', ' characters'],
  array: [' entry', ' entries'],
  set: [' entry', ' entries'],
}

const unitOf = (origin: string, count: number | bigint): string =>
  units[origin]?.[Number(count) === 1 ? 0 : 1] ?? ''

const shown = (value: unknown): string =>
  typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value))

/** What was found where another kind of value is expected; a whole number beyond 2^53 is read as text, to stay exact. */
const foundOf = (expected: string, value: unknown): string => {
  if (expected === 'int' && typeof value === 'number' && Number.isFinite(value)) return String(value)
  const exact = typeof value === 'string' && /^-?\d{16,}$/.test(value) && !Number.isSafeInteger(Number(value))
  return exact ? 'a whole number beyond 2^53' : kindOf(value)
}

/** An issue in plain words; undefined leaves zod's own. */
const wordsOf = (issue: z.core.$ZodRawIssue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `expected ${kinds[issue.expected] ?? issue.expected}, found ${foundOf(issue.expected, issue.input)}`
    case 'invalid_format':
      if (issue.format !== 'regex') return undefined
      return `${shown(issue.input)} does not have the form ${issue.pattern ?? 'expected'}`
    case 'invalid_value':
      return issue.input === undefined
        ? 'is missing'
        : `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(shown).join(', ')}`
    case 'too_small':
      if (issue.origin === 'string' && Number(issue.minimum) === 1) return 'is empty'
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin, issue.minimum)}`
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin, issue.maximum)}`
    case 'unrecognized_keys':
      return `unknown ${issue.keys.length > 1 ? 'fields' : 'field'} ${issue.keys.map(shown).join(', ')}`
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : `${kindOf(issue.input)} does not fit here`
    default:
      return undefined
  }
}

// Every room validates what comes from outside with zod, and its messages reach the user: they are worded once, here.
z.config({ customError: wordsOf })

/** `windows[0][1]` for the path of an issue; empty for the value itself. */
const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')

/** A path and what is wrong there: `windows[0][1]: expected a number, found text`, `query is missing`. */
export const atPath = (path: ReadonlyArray<PropertyKey>, problem: string): string => {
  const at = plainLine(pathText(path))
  if (at === '') return problem.startsWith('is ') ? `the value ${problem}` : problem
  return problem.startsWith('is ') ? `${at} ${problem}` : `${at}: ${problem}`
}

/** The first issue of a value that does not fit its schema, in one line of plain words. */
export const firstIssue = (error: z.ZodError): string => {
  const issue = error.issues[0]
  return issue === undefined ? 'does not fit' : atPath(issue.path, plainLine(issue.message))
}

/** A count with its noun: `1 video`, `3 videos`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
