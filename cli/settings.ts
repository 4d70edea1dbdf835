import { Effect } from 'effect'
import { Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'

/** `name=value` pairs, as typed and in order. */
export const assignments = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.withMetavar('NAME=VALUE'), Flag.atLeast(0))

export const settings = assignments('set', 'any other setting by name, e.g. --set votes=3; may be repeated')

type Nested = { [name: string]: unknown }

/** Property names that every JavaScript object inherits. */
const reserved = new Set(['__proto__', 'constructor', 'prototype'])

/** JSON where it is JSON, as text otherwise. */
const parsed = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** Sets one value; the reason why it cannot be set, or null. */
const put = (settings: Nested, path: ReadonlyArray<string>, value: unknown): string | null => {
  const name = path.join('.')
  if (path.some((part) => part === '')) return `"${name}" is not a valid name`
  if (path.some((part) => reserved.has(part))) return `"${name}" is not a setting`
  let into = settings
  for (const [depth, part] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(into, part)) into[part] = {}
    const inner = into[part]
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner))
      return `"${path.slice(0, depth + 1).join('.')}" already has a value, so "${name}" cannot be set`
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
