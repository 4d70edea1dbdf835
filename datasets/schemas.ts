import { Effect } from 'effect'
import { z } from 'zod'
import { firstIssue, InputError, identifierSchema } from '../core/index.ts'
import { type AnnotationFile, jsonOf } from './files.ts'

/** A finite number of seconds. */
export const seconds = z.number()
/** A window as published: two numbers; whether they make sense is checked against the duration later. */
export const pair = z.tuple([z.number(), z.number()])
/** An identifier that some files write as a number and others as text. */
export const identifier = identifierSchema

/** A JSON file that must fit a schema as a whole; an InputError says where it does not. */
export const jsonLike = Effect.fnUntraced(function* <A>(
  source: AnnotationFile,
  schema: z.ZodType<A>,
  remedy: string,
): Effect.fn.Return<A, InputError> {
  const checked = schema.safeParse(yield* jsonOf(source))
  if (checked.success) return checked.data
  return yield* new InputError({ subject: source.path, problem: firstIssue(checked.error), remedy })
})

/** The durations of a file `durations.json`, video to seconds; empty where there is no such file. */
export const lengthsOf = Effect.fnUntraced(function* (
  source: AnnotationFile | null,
): Effect.fn.Return<ReadonlyMap<string, number>, InputError> {
  if (source === null) return new Map()
  const lengths = z.record(z.string(), seconds)
  return new Map(Object.entries(yield* jsonLike(source, lengths, 'give a map from video to seconds')))
})
