import { join } from 'node:path'
import { Effect } from 'effect'
import type { InputError } from '../core/index.ts'
import { breakLease, holderOf, type Lease, listFolder } from '../files/index.ts'
import type { Fold } from './plan.ts'

/** Bounds of the folds of any cut that have a folder. */
const bounds = /^fold-(\d+)-(\d+)$/

export interface Holder {
  readonly lease: Lease
  /** Name of the folder that is held. */
  readonly name: string
}

/** The live process that holds samples of a fold, in this cut of the dataset or another; `own` is ignored. */
export const holderOfSamples = Effect.fnUntraced(function* (
  folder: string,
  fold: Pick<Fold, 'start' | 'end'>,
  own?: string,
) {
  for (const name of yield* listFolder(folder)) {
    const match = name === own ? null : bounds.exec(name)
    if (match === null || Number(match[1]) >= fold.end || Number(match[2]) <= fold.start) continue
    const lease = yield* holderOf(join(folder, name))
    if (lease !== null) return { lease, name }
  }
  return null
}) satisfies (
  folder: string,
  fold: Pick<Fold, 'start' | 'end'>,
  own?: string,
) => Effect.Effect<Holder | null, InputError>

/** Removes the leases of folds in a folder, regardless of their holders: for "--break-lease". */
export const breakLeases = Effect.fn('Folds.breakLeases')(function* (folder: string) {
  for (const name of ['', ...(yield* listFolder(folder)).filter((one) => one.startsWith('fold-'))])
    yield* breakLease(join(folder, name))
}) satisfies (folder: string) => Effect.Effect<void, InputError>
