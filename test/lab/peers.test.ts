import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Effect, Exit } from 'effect'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EngineService } from '../../engine/index.ts'
import { readState, type TrainerState, writeState } from '../../engine/training/index.ts'
import { meet } from '../../lab/pretrain/peers.ts'

/** An engine that is nothing but its state. */
const engineOf = (arrays: Readonly<Record<string, ReadonlyArray<number>>>) => {
  const all = Object.entries(arrays).map(([name, values]) => [name, Float32Array.from(values)] as const)
  let state: TrainerState = { step: 7, arrays: new Map(all) }
  const engine = {
    snapshot: (file: string) => writeState(file, state),
    restore: (file: string) =>
      Effect.map(readState(file), (next) => {
        state = next
      }),
  } as unknown as EngineService
  return { engine, numbers: () => [...state.arrays.values()].flatMap((data) => [...data]) }
}

describe('peers', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'spanwise-peers-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const peers = (index: number, count: number) => ({
    folder: path.join(folder, 'meeting'),
    count,
    index,
    every: 1,
  })

  it('go on from the mean of all, round after round, and leave only the last one', async () => {
    const all = [
      engineOf({ weight: [1, 2], bias: [0] }),
      engineOf({ weight: [3, 4], bias: [3] }),
      engineOf({ weight: [5, 9], bias: [6] }),
    ]
    for (const round of [1, 2])
      await Effect.runPromise(
        Effect.forEach(all, ({ engine }, index) => meet(engine, peers(index, 3), round), {
          concurrency: 'unbounded',
        }),
      )
    for (const { numbers } of all) expect(numbers()).toEqual([3, 5, 3])
    expect(readdirSync(path.join(folder, 'meeting')).toSorted()).toEqual([
      '2-0.state',
      '2-1.state',
      '2-2.state',
    ])
  })

  it('refuse to average different models', async () => {
    const all = [engineOf({ weight: [1, 2] }), engineOf({ weight: [1, 2, 3] })]
    const exit = await Effect.runPromiseExit(
      Effect.forEach(all, ({ engine }, index) => meet(engine, peers(index, 2), 1), {
        concurrency: 'unbounded',
      }),
    )
    expect(Exit.isFailure(exit) && String(exit.cause)).toContain('weight differs between the peers')
  })

  it('stop waiting when interrupted', async () => {
    const { engine, numbers } = engineOf({ weight: [1] })
    const exit = await Effect.runPromiseExit(meet(engine, peers(0, 2), 1).pipe(Effect.timeout('50 millis')))
    expect(Exit.isFailure(exit)).toBe(true)
    expect(existsSync(path.join(folder, 'meeting', '1-0.state'))).toBe(true)
    expect(numbers()).toEqual([1])
  })
})
