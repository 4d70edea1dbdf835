import { Effect } from 'effect'
import { InputError } from '../core/index.ts'

/** Flags whose value may be a text without a character. */
const mayBeEmpty: ReadonlySet<string> = new Set(['completion', 'set'])

/**
 * Refuses a flag with an empty value before any command runs: what a shell makes of `--run "$UNSET"`, which as a path
 * would be the current folder.
 *
 * @param words of the command line, without node and script.
 */
export const refuseEmpty = (words: ReadonlyArray<string>): Effect.Effect<void, InputError> => {
  for (const [index, word] of words.entries()) {
    if (word === '--') break
    const [, name, value] = /^--([a-z][\w-]*)(?:=(.*))?$/is.exec(word) ?? []
    if (name === undefined || mayBeEmpty.has(name) || (value ?? words[index + 1]) !== '') continue
    return Effect.fail(
      new InputError({
        subject: `--${name}`,
        problem: 'its value is empty',
        remedy: 'give a value, or leave the flag out (is a variable of the shell unset?)',
      }),
    )
  }
  return Effect.void
}
