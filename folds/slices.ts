import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import type { InputError, Sample } from '../core/index.ts'
import { claimFile, contentHash, listFolder, makeFolder, readJson } from '../files/index.ts'
import { manifestSchema } from './manifest.ts'

/** One split of a dataset, independent of its division into folds. */
export interface Slice {
  readonly dataset: string
  readonly split: string
}

const sliceSchema = z.object({ dataset: z.string(), split: z.string() })
const sliceFile = 'slice.json'
const prefix = 'split-'

/** The slice that samples of one reading belong to. */
export const sliceOf = ([first]: ReadonlyArray<Sample>): Slice => ({
  dataset: first?.dataset ?? '',
  split: first?.split ?? '',
})

export const sameSlice = (a: Slice | null, b: Slice): boolean =>
  a !== null && a.dataset === b.dataset && a.split === b.split

/** Name of a slice's folder, also if dataset or split contain characters that are special in file names. */
const folderName = ({ dataset, split }: Slice): string => {
  const plain = `${dataset}-${split}`.replaceAll(/[^\w.-]/g, '-')
  const exact = plain === `${dataset}-${split}` && !dataset.includes('-')
  return `${prefix}${plain}${exact ? '' : `-${contentHash([dataset, split]).slice(0, 8)}`}`
}

/** The slice whose folds are in `folder`, null where none was begun. Earlier versions recorded it only in manifests. */
const sliceAt = Effect.fnUntraced(function* (folder: string): Effect.fn.Return<Slice | null, InputError> {
  const recorded = yield* readJson(join(folder, sliceFile), sliceSchema)
  if (recorded !== null) return recorded
  for (const name of (yield* listFolder(folder)).filter((one) => one.startsWith('fold-'))) {
    const manifest = yield* readJson(join(folder, name, 'manifest.json'), manifestSchema)
    const { dataset, split } = manifest?.provenance ?? {}
    if (dataset !== undefined && split !== undefined) return { dataset, split }
  }
  return null
})

/**
 * Folder of the folds of a slice, created if missing. The first slice that an agent processes in a run has the agent's
 * folder, every other a folder below it, so that the verdicts of splits stay separate. Of several processes that begin at
 * the same time, exactly one gets the agent's folder.
 */
export const claimSlice = Effect.fn('Folds.claimSlice')(function* (agentFolder: string, slice: Slice) {
  yield* makeFolder(agentFolder)
  const owner = (yield* sliceAt(agentFolder)) ?? slice
  yield* claimFile(join(agentFolder, sliceFile), JSON.stringify(owner))
  if (sameSlice(yield* sliceAt(agentFolder), slice)) return agentFolder
  const folder = join(agentFolder, folderName(slice))
  yield* makeFolder(folder)
  yield* claimFile(join(folder, sliceFile), JSON.stringify(slice))
  return folder
}) satisfies (agentFolder: string, slice: Slice) => Effect.Effect<string, InputError>

export interface SliceFolder {
  readonly folder: string
  /** Null for an agent's folder in which no slice was recorded. */
  readonly slice: Slice | null
}

/** The agent's own folder, then those of its other slices. */
export const listSlices = Effect.fn('Folds.listSlices')(function* (agentFolder: string) {
  const names = (yield* listFolder(agentFolder)).filter((name) => name.startsWith(prefix))
  return yield* Effect.forEach([agentFolder, ...names.map((name) => join(agentFolder, name))], (folder) =>
    Effect.map(sliceAt(folder), (slice): SliceFolder => ({ folder, slice })),
  )
}) satisfies (agentFolder: string) => Effect.Effect<ReadonlyArray<SliceFolder>, InputError>

/** The folder of the folds of a slice, which need not exist. */
export const findSlice = Effect.fn('Folds.findSlice')(function* (agentFolder: string, slice: Slice) {
  const owner = yield* sliceAt(agentFolder)
  return owner === null || sameSlice(owner, slice) ? agentFolder : join(agentFolder, folderName(slice))
}) satisfies (agentFolder: string, slice: Slice) => Effect.Effect<string, InputError>
