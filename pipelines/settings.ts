import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, suggestion } from '../core/index.ts'

/** Names of the settings below `path`, where the schema lists them. */
const namesAt = (schema: z.ZodType, path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  let level: z.core.JSONSchema.BaseSchema | undefined = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  })
  for (const key of path) {
    const inner: z.core.JSONSchema._JSONSchema | undefined = level?.properties?.[String(key)]
    level = typeof inner === 'object' ? inner : undefined
  }
  return Object.keys(level?.properties ?? {})
}

/** Settings of a command (`--set`), parsed by their schema; an InputError names the setting and the valid values. */
export const parseSettings = <A>(
  command: string,
  schema: z.ZodType<A>,
  value: unknown,
): Effect.Effect<A, InputError> => {
  const parsed = schema.safeParse(value ?? {})
  if (parsed.success) return Effect.succeed(parsed.data)
  const issue = parsed.error.issues[0]!
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  if (unknown === undefined)
    return Effect.fail(
      new InputError({
        subject: `${command} setting "${issue.path.join('.')}"`,
        problem: issue.message,
        remedy: 'set another value with its flag or --set',
      }),
    )
  const full = (name: string) => [...issue.path, name].join('.')
  const names = namesAt(schema, issue.path)
  return Effect.fail(
    new InputError({
      subject: `${command} setting "${full(unknown)}"`,
      problem: 'no such setting',
      remedy: suggestion(full(unknown), names.map(full)),
    }),
  )
}
