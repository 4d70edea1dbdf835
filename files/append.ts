import { appendFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { attempt } from './errors.ts'

const linesOf = (rows: ReadonlyArray<unknown>): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/**
 * Adds rows to a JSON-lines file, all in a single write; interruption waits for it.
 *
 * @param cut whether the file ends within a line, which is then ended first.
 */
export const appendRows = (
  path: string,
  rows: ReadonlyArray<unknown>,
  remedy?: string,
  cut = false,
): Effect.Effect<void, InputError> =>
  Effect.uninterruptible(
    attempt(path, 'written', () => appendFile(path, `${cut ? '\n' : ''}${linesOf(rows)}`), remedy),
  )

/** `appendRows` of one row; blocks and throws. */
export const appendRowSync = (path: string, row: unknown): void => appendFileSync(path, linesOf([row]))
