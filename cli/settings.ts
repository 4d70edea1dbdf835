import { Effect } from 'effect'
import { Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'

/** `name=value` pairs, as typed and in order. */
export const assignments = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.withMetavar('NAME=VALUE'), Flag.atLeast(0))

export const settings = assignments(
  'set',
  'any other setting by name, e.g. --set votes=3; may be given several times',
)

type Nested = { [name: string]: unknown }

/** Names with which JavaScript reaches into every object. */
const reserved = new Set(['__proto__', 'constructor', 'prototype'])

/** JSON where it is JSON, as text otherwise. */
const parsed = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** Puts one value at its place; why it cannot be put there, or null. */
const put = (settings: Nested, path: ReadonlyArray<string>, value: unknown): string | null => {
  const name = path.join('.')
  if (path.some((part) => part === '')) return `"${name}" is no name`
  if (path.some((part) => reserved.has(part))) return `"${name}" names no setting`
  let into = settings
  for (const [depth, part] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(into, part)) into[part] = {}
    const inner = into[part]
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner))
      return `"${path.slice(0, depth + 1).join('.')}" has a value of its own, "${name}" has no place in it`
    into = inner as Nested
  }
  const last = path.at(-1)!
  if (Object.hasOwn(into, last)) return `"${name}" is given twice`
  into[last] = value
  return null
}

/**
 * Settings of a repeatable flag; dots in their names become nested objects: `mask.start=0.5`. Values are read as JSON
 * where they are JSON, as text otherwise.
 */
export const settingsOf = (
  texts: ReadonlyArray<string>,
  flag = 'set',
): Effect.Effect<{ readonly [name: string]: unknown }, InputError> => {
  const settings: Nested = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    const problem =
      at < 1
        ? `"${text}" is not NAME=VALUE`
        : put(settings, text.slice(0, at).split('.'), parsed(text.slice(at + 1)))
    if (problem !== null)
      return Effect.fail(
        new InputError({
          subject: `--${flag} ${text}`,
          problem,
          remedy: `give each setting once, as --${flag} NAME=VALUE`,
        }),
      )
  }
  return Effect.succeed(settings)
}
