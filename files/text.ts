import { readFile } from 'node:fs/promises'
import { Effect } from 'effect'
import type { z } from 'zod'
import { firstIssue, InputError } from '../core/index.ts'
import { attempt, unlessAbsent } from './errors.ts'
import { parseJson } from './json.ts'

/** A text without the byte order mark that some editors write. */
export const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)

/** The text of a file without its byte order mark, or null if there is no file. */
export const readText = (path: string): Effect.Effect<string | null, InputError> =>
  attempt(path, 'read', async () => {
    const text = await unlessAbsent(readFile(path, 'utf8'), null)
    return text === null ? null : withoutMark(text)
  })

/** A JSON file as `schema` reads it; null where there is no file. A file that does not fit names its first problem. */
export const readJson = <A>(path: string, schema: z.ZodType<A>): Effect.Effect<A | null, InputError> =>
  Effect.gen(function* () {
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
