import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { decodeState, encodeState, type TrainerState } from '../../engine/training/index.ts'
import { removeFile, writeWhole } from '../../files/index.ts'

/** Processes that train one model together, each on lessons of its own. */
export interface Peers {
  /** A new folder that all of them see; best in memory. */
  readonly folder: string
  readonly count: number
  /** Which of them this process is, from 0. */
  readonly index: number
  /** Steps between two meetings. */
  readonly every: number
}

const patience = '10 minutes'

const stateOf = ({ folder }: Peers, round: number, index: number) =>
  path.join(folder, `${round}-${index}.state`)

/**
 * Local SGD (Stich, arXiv 1805.09767): every peer puts its weights and moments into the folder, waits for those of the
 * others and goes on from the mean of all, computed in the same order by everyone. Fails where a peer does not come.
 */
export const meet = Effect.fn('Pretrain.meet')(function* (
  engine: EngineService,
  peers: Peers,
  round: number,
) {
  const { folder, count, index } = peers
  const own = stateOf(peers, round, index)
  const all = Array.from({ length: count }, (_, peer) => stateOf(peers, round, peer))
  yield* writeWhole(own, yield* engine.snapshot)
  const mean = yield* Effect.tryPromise({
    try: async (signal) => {
      while (!all.every((file) => existsSync(file)) && !signal.aborted)
        await new Promise((resume) => setTimeout(resume, 20))
      const states = []
      for (const file of all) states.push(decodeState(await readFile(file)))
      return meanState(states)
    },
    catch: (cause) =>
      new InputError({
        subject: folder,
        problem: `the peers cannot meet there (${String(cause)})`,
        remedy: 'name a new folder that all of them can write',
      }),
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(
          new InputError({
            subject: folder,
            problem: `not all of ${count} peers came to meeting ${round} within ${patience}`,
            remedy: 'start all of them, with the same steps, in a new folder',
          }),
        ),
    }),
  )
  // Whoever came to this round has read the round before.
  yield* removeFile(stateOf(peers, round - 1, index))
  yield* engine.restore(mean)
})

const meanState = (states: ReadonlyArray<TrainerState>): Uint8Array => {
  const [first, ...others] = states
  if (first === undefined) throw new RangeError('there are no states')
  for (const [name, sum] of first.arrays) {
    for (const other of others) {
      const part = other.arrays.get(name)
      if (part?.length !== sum.length) throw new RangeError(`${name} differs between the peers`)
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!
    }
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! / states.length
  }
  return encodeState(first)
}
