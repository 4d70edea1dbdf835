import { closeSync, fstatSync, ftruncateSync, openSync, writeFileSync } from 'node:fs'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { attempt } from './errors.ts'

/**
 * Adds rows to a record (see `rows.ts`), all or none: what a full disk cut off is taken back, so that a later row does
 * not continue it. Blocks and throws.
 */
export const appendRowsSync = (path: string, rows: ReadonlyArray<unknown>): void => {
  const file = openSync(path, 'a')
  try {
    const { size } = fstatSync(file)
    try {
      writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    } catch (error) {
      ftruncateSync(file, size)
      throw error
    }
  } finally {
    closeSync(file)
  }
}

/** `appendRowsSync` as an effect; interruption waits for it. */
export const appendRows = (
  path: string,
  rows: ReadonlyArray<unknown>,
  remedy?: string,
): Effect.Effect<void, InputError> =>
  Effect.uninterruptible(attempt(path, 'written', () => appendRowsSync(path, rows), remedy))
