import { existsSync } from 'node:fs'
import path from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { readState, type TrainerState, writeState } from '../../engine/training/index.ts'
import { removeFile } from '../../files/index.ts'

/** Processes that train one model together, each on its own lessons. */
export interface Peers {
  /** A new folder that all of them share; preferably in memory. */
  readonly folder: string
  readonly count: number
  /** Which of them this process is, from 0. */
  readonly index: number
  /** Steps between two exchanges. */
  readonly every: number
}

const patience = '10 minutes'

const stateOf = ({ folder }: Peers, round: number, index: number) =>
  path.join(folder, `${round}-${index}.state`)

/**
 * Local SGD (Stich, arXiv 1805.09767): every peer writes its weights and moments to the folder, waits for those of the
 * others and continues from the mean of all, computed in the same order by each. Fails if a peer does not arrive.
 */
export const meet = Effect.fn('Pretrain.meet')(function* (
  engine: EngineService,
  peers: Peers,
  round: number,
) {
  const { folder, count, index } = peers
  const own = stateOf(peers, round, index)
  const all = Array.from({ length: count }, (_, peer) => stateOf(peers, round, peer))
  yield* engine.snapshot(own)
  yield* Effect.promise(async (signal) => {
    while (!all.every((file) => existsSync(file)) && !signal.aborted)
      await new Promise((resume) => setTimeout(resume, 20))
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(
          new InputError({
            subject: folder,
            problem: `not all of ${count} peers reached exchange ${round} within ${patience}`,
            remedy: 'start all of them, with the same --steps and a new folder',
          }),
        ),
    }),
  )
  const states = yield* Effect.forEach(all, (file) => readState(file))
  const mean = yield* Effect.try({
    try: () => meanState(states),
    catch: (cause) =>
      new InputError({
        subject: folder,
        problem: `the peers cannot exchange weights there (${String(cause)})`,
        remedy: 'use a new folder that all of them can write',
      }),
  })
  const common = path.join(folder, `${round}-${index}.mean`)
  yield* writeState(common, mean)
  yield* engine.restore(common)
  yield* removeFile(common)
  // A peer that reached this round has read the previous one.
  yield* removeFile(stateOf(peers, round - 1, index))
})

const meanState = (states: ReadonlyArray<TrainerState>): TrainerState => {
  const [first, ...others] = states
  if (first === undefined) throw new RangeError('no states')
  for (const [name, sum] of first.arrays) {
    for (const other of others) {
      const part = other.arrays.get(name)
      if (part?.length !== sum.length) throw new RangeError(`${name} differs between the peers`)
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!
    }
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! / states.length
  }
  return first
}
