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

/** The durations of a file `durations.json`, video to seconds; empty where there is no such file. */
export const lengthsOf = (
  source: AnnotationFile | null,
): Effect.Effect<ReadonlyMap<string, number>, InputError> =>
  source === null
    ? Effect.succeed(new Map())
    : Effect.flatMap(jsonOf(source), (value) => {
        const checked = z.record(z.string(), seconds).safeParse(value)
        if (checked.success) return Effect.succeed(new Map(Object.entries(checked.data)))
        return Effect.fail(
          new InputError({
            subject: source.path,
            problem: firstIssue(checked.error),
            remedy: 'give a map from video to seconds',
          }),
        )
      })
