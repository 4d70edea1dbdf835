import { Effect } from 'effect'
import type { InputError } from '../../core/index.ts'

/** Subcommands of `eval` that are no suites. */
const others: ReadonlySet<string> = new Set(['compare', 'table'])

/**
 * Refuses a suite that does not exist before the flags are parsed, which would name it an unknown subcommand, and its
 * flags unknown too. A configuration that cannot be read is reported here: the dataset may be in it.
 *
 * @param words of the command line, without node and script.
 */
export const refuseUnknownSuite = Effect.fn('Cli.refuseUnknownSuite')(function* (
  words: ReadonlyArray<string>,
): Effect.fn.Return<void, InputError> {
  const [command, name = '-'] = words
  if (command !== 'eval' || name.startsWith('-') || others.has(name)) return
  // Imported only here, because loading the suites slows every other start.
  const { lookupSuite } = yield* Effect.promise(() => import('../../eval/index.ts'))
  yield* lookupSuite(name)
})
