import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Effect } from 'effect'
import { catalogue, type DatasetReading, type ReadSettings } from '../../datasets/index.ts'

/** What a test lays in a folder: text, bytes, or a value to be written as JSON. Names ending in `.gz` are packed. */
export type Files = { readonly [name: string]: unknown }

/** Reads a split of a dataset from a folder that holds just these files. */
export const readFrom = async (
  files: Files,
  name: string,
  split: string,
  settings: Partial<ReadSettings> = {},
): Promise<DatasetReading> => {
  const folder = await mkdtemp(join(tmpdir(), 'spanwise-data-'))
  try {
    for (const [file, content] of Object.entries(files)) {
      const bytes =
        content instanceof Uint8Array || typeof content === 'string' ? content : JSON.stringify(content)
      await writeFile(join(folder, file), file.endsWith('.gz') ? gzipSync(bytes) : bytes)
    }
    return await Effect.runPromise(catalogue[name]!.read(folder, split, { policy: 'keep', ...settings }))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Rows as JSON lines. */
export const jsonLines = (...rows: ReadonlyArray<unknown>): string =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n')
