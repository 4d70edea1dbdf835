import { Effect, Redacted } from 'effect'
import { InputError } from '../../core/index.ts'

/** A key for HTTP headers and for redacting texts; it is never printed. */
export interface Key {
  readonly headers: () => { readonly authorization?: string }
  /** The text without the key, however the server repeats it. */
  readonly clean: (text: string) => string
}

/** Text that looks like an API key. */
const keyLike = /\b(?:sk|pk|key|hf|gsk|AIza)[-_A-Za-z0-9]{12,}/g
const bearer = /\bBearer\s+[^\s"',;]+/gi

/**
 * The key of the environment variable `name`, the only source of keys. No `name` means a server without keys.
 * InputError if the variable is not set, or to what cannot be a key.
 */
export const readKey = (
  name: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): Effect.Effect<Key, InputError> => {
  const value = name === null ? undefined : environment[name]?.trim()
  if (name !== null && (value === undefined || value === ''))
    return Effect.fail(
      new InputError({
        subject: `environment variable ${name}`,
        problem: 'contains no API key',
        remedy: 'set it, or choose another with --key-env',
      }),
    )
  // What an HTTP header cannot carry would fail as a broken connection.
  if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
    return Effect.fail(
      new InputError({
        subject: `environment variable ${name}`,
        problem: 'contains spaces, line breaks or other characters that no API key has',
        remedy: 'set it to the key alone',
      }),
    )
  const key = value === undefined ? null : Redacted.make(value, { label: 'key' })
  return Effect.succeed({
    headers: () => (key === null ? {} : { authorization: `Bearer ${Redacted.value(key)}` }),
    clean: (text) =>
      (key === null ? text : text.replaceAll(Redacted.value(key), '<key>'))
        .replaceAll(bearer, 'Bearer <key>')
        .replaceAll(keyLike, '<key>'),
  })
}

/**
 * The variable with the key for the servers: the one the user named, else the preset's, if every server is on the
 * preset's host over https. A key is never sent to a host that the user did not pair it with.
 */
export const keyVariable = (
  named: string | null | undefined,
  own: { readonly variable: string; readonly host: string } | null,
  urls: ReadonlyArray<string>,
): string | null => {
  if (named !== undefined) return named
  const paired = (url: string) => {
    const { protocol, hostname, port } = new URL(url)
    return protocol === 'https:' && port === '' && hostname === own?.host
  }
  return own !== null && urls.every(paired) ? own.variable : null
}
