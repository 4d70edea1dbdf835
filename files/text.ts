import { readFile } from 'node:fs/promises'
import { Effect } from 'effect'
import type { z } from 'zod'
import { firstIssue, InputError } from '../core/index.ts'
import { encodingProblem, saveAsUtf8 } from './encoding.ts'
import { attempt, unlessAbsent } from './errors.ts'
import { parseJson } from './json.ts'

/** A text without the byte order mark that some editors write. */
export const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)

/** The text of UTF-8 bytes without byte order mark; an InputError about `path` if they have another encoding. */
const decoded = (path: string, bytes: Uint8Array): Effect.Effect<string, InputError> => {
  const problem = encodingProblem(bytes)
  return problem === null
    ? Effect.succeed(withoutMark(Buffer.from(bytes).toString('utf8')))
    : Effect.fail(new InputError({ subject: path, problem, remedy: saveAsUtf8 }))
}

/** The text of a file that must exist, without its byte order mark. */
export const requireText = (path: string): Effect.Effect<string, InputError> =>
  Effect.flatMap(
    attempt(path, 'read', () => readFile(path), 'check the path and its permissions'),
    (bytes) => decoded(path, bytes),
  )

/** The text of a file without its byte order mark, or null if there is no file. */
export const readText = (path: string): Effect.Effect<string | null, InputError> =>
  Effect.flatMap(
    attempt(path, 'read', () => unlessAbsent(readFile(path), null)),
    (bytes) => (bytes === null ? Effect.succeed(null) : decoded(path, bytes)),
  )

/** A JSON file as `schema` reads it; null where there is no file. A file that does not fit names its first problem. */
export const readJson = Effect.fnUntraced(function* <A>(
  path: string,
  schema: z.ZodType<A>,
): Effect.fn.Return<A | null, InputError> {
  const text = yield* readText(path)
  if (text === null) return null
  const remedy = 'restore the file or remove it and start again'
  const read = parseJson(text)
  if (!('value' in read))
    return yield* new InputError({ subject: `${path}:${read.line}`, problem: read.problem, remedy })
  const parsed = schema.safeParse(read.value)
  if (parsed.success) return parsed.data
  return yield* new InputError({ subject: path, problem: firstIssue(parsed.error), remedy })
})
