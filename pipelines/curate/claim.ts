import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, type Json } from '../../core/index.ts'
import { attempt, isVacant, makeFolder, readJson, removeFile, writeJson } from '../../files/index.ts'
import { difference } from '../../folds/index.ts'
import { curatedFile, type Database, type DatabaseError, readMetadata } from '../../store/index.ts'

/** The settings of a curated dataset, apart from the verdicts. */
export type CurationSettings = { readonly [name: string]: Json }

const recordName = 'curation.json'

/** What a curation writes after its settings. */
const curationFiles = [curatedFile, 'train.parquet', 'decisions.parquet', 'README.md']

/** The settings that a folder was curated with, null if it contains no curated dataset. */
const settingsIn = Effect.fnUntraced(function* (database: Database, folder: string) {
  const recorded = yield* readJson(join(folder, recordName), z.record(z.string(), z.json()))
  // Earlier versions knew no reviews, and there were none.
  if (recorded !== null) return { reviews: 'use', ...recorded } as CurationSettings
  // Earlier versions left their settings in the metadata alone.
  const decisions = join(folder, 'decisions.parquet')
  if (!existsSync(decisions)) return null
  const { act, selection } = yield* readMetadata(database, decisions)
  if (act === undefined || selection === undefined) return null
  return { act: JSON.parse(act), selection: JSON.parse(selection), reviews: 'use' } as CurationSettings
})

/**
 * Claims a folder for a curation, before anything is written to it: a new or empty folder, or one that was curated with
 * the same settings. Any other is refused, so that no files are overwritten.
 *
 * @param replace take also a folder that was curated with other settings.
 */
export const claimCuration = Effect.fn('Pipelines.claimCuration')(function* (
  database: Database,
  folder: string,
  settings: CurationSettings,
  replace: boolean,
) {
  const before = yield* settingsIn(database, folder)
  if (before === null && !(yield* attempt(folder, 'listed', () => isVacant(folder))))
    return yield* new InputError({
      subject: folder,
      problem: 'contains files, but no curated dataset',
      remedy: 'set --out to a new or empty folder',
    })
  const changed = before === null ? null : difference(before, { ...before, ...settings })
  if (changed !== null && !replace)
    return yield* new InputError({
      subject: folder,
      problem: `contains a dataset curated with other settings: ${changed}`,
      remedy: 'choose another --out, or use --replace to overwrite it',
    })
  yield* makeFolder(folder)
  // Until the new files are complete, nobody must take the old ones for theirs.
  if (changed !== null)
    yield* Effect.forEach(curationFiles, (name) => removeFile(join(folder, name)), { discard: true })
  yield* writeJson(join(folder, recordName), settings)
}) satisfies (
  database: Database,
  folder: string,
  settings: CurationSettings,
  replace: boolean,
) => Effect.Effect<void, DatabaseError>
