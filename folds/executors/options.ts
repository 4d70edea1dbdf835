import { Effect } from 'effect'
import type { z } from 'zod'
import { InputError } from '../../core/index.ts'

/** An executor's options, parsed by its schema; an InputError names the first invalid one. */
export const executorOptions = <A>(
  executor: string,
  schema: z.ZodType<A>,
  value: unknown,
): Effect.Effect<A, InputError> => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return Effect.succeed(parsed.data)
  const issue = parsed.error.issues[0]!
  const name = issue.code === 'unrecognized_keys' ? issue.keys[0]! : issue.path.join('.')
  return Effect.fail(
    new InputError({
      subject: `${executor} option "${name}"`,
      problem: issue.code === 'unrecognized_keys' ? 'no such option' : issue.message,
      remedy: 'see "spanwise folds run --help"',
    }),
  )
}
