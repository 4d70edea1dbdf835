import { it } from '@effect/vitest'
import { Effect, Stream } from 'effect'
import { describe, expect } from 'vitest'
import { drive, fateOf } from '../../../folds/executors/drive.ts'
import type { Ended, Executor, FoldTask } from '../../../folds/executors/executor.ts'

const task = (fold: number): FoldTask => ({ fold, name: `bra-${fold}`, command: ['true'], log: '/dev/null' })

/** An executor that ends attempts as a script says, and the attempts it was given. */
const scripted = (script: (fold: number, attempt: number) => Partial<Ended>) => {
  const attempts: Array<[fold: number, attempt: number]> = []
  const executor: Executor = {
    name: 'scripted',
    submit: (tasks, attempt) =>
      Stream.fromIterable(tasks).pipe(
        Stream.map((task) => {
          attempts.push([task.fold, attempt])
          return {
            ...{ task, attempt, end: 'exited' as const, code: 0, detail: '' },
            ...script(task.fold, attempt),
          }
        }),
      ),
  }
  return { executor, attempts }
}

const never = () => Effect.succeed(false)
const quick = { attempts: 3, pause: 0, finished: never, held: never }

describe('fate of an attempt', () => {
  it.each([
    [0, 'exited', true, false, 'finished'],
    [3, 'exited', true, false, 'finished'],
    [3, 'exited', false, false, 'again'],
    [1, 'exited', false, false, 'again'],
    [1, 'exited', true, false, 'again'],
    [2, 'exited', false, false, 'refused'],
    [2, 'exited', false, true, 'held'],
    [130, 'exited', false, false, 'refused'],
    [null, 'lost', false, true, 'again'],
    [null, 'lost', false, false, 'again'],
    [null, 'cancelled', false, false, 'refused'],
  ] as const)('code %s, %s, manifest %s, held %s: %s', (code, end, finished, held, fate) => {
    expect(fateOf({ code, end, attempt: 1 }, finished, held, 3)).toBe(fate)
  })
  it('of the last one is to be given up', () => {
    expect(fateOf({ code: 1, end: 'exited', attempt: 3 }, false, false, 3)).toBe('given up')
  })
})

describe('drive', () => {
  it.effect('starts lost and failed folds again, so many times, and leaves the others alone', () =>
    Effect.gen(function* () {
      const { executor, attempts } = scripted((fold, attempt) =>
        fold === 1 && attempt === 1
          ? { end: 'lost', code: null }
          : fold === 2
            ? { code: 1 }
            : fold === 3
              ? { code: 2 }
              : {},
      )
      const ends = yield* drive(executor, [0, 1, 2, 3].map(task), {
        ...quick,
        finished: ({ fold }) => Effect.succeed(fold < 2),
      }).pipe(Stream.runCollect)
      const fates = (fold: number) => ends.filter((end) => end.task.fold === fold).map(({ fate }) => fate)
      expect([0, 1, 2, 3].map(fates)).toEqual([
        ['finished'],
        ['again', 'finished'],
        ['again', 'again', 'given up'],
        ['refused'],
      ])
      expect(attempts.filter(([fold]) => fold === 2)).toEqual([
        [2, 1],
        [2, 2],
        [2, 3],
      ])
    }),
  )

  it.live('waits for a fold that somebody holds, at the start and between attempts', () =>
    Effect.gen(function* () {
      const asked = [0, 0]
      const { executor, attempts } = scripted((fold, attempt) =>
        fold === 1 && attempt === 1 ? { end: 'lost', code: null } : {},
      )
      let leases = 0
      const ends = yield* drive(executor, [task(0), task(1)], {
        ...quick,
        finished: ({ fold }) => Effect.succeed(fold === 0 || leases > 3),
        // Fold 0 is held for three looks; fold 1 after it was lost, by the lease of its dead machine.
        held: ({ fold }) =>
          Effect.sync(() => {
            asked[fold]!++
            return fold === 0 ? asked[0]! <= 3 : attempts.some(([fold]) => fold === 1) && leases++ < 3
          }),
      }).pipe(Stream.runCollect)
      expect(ends.filter(({ fate }) => fate === 'finished')).toHaveLength(2)
      expect(asked[0]).toBeGreaterThan(3)
      expect(attempts).toContainEqual([1, 2])
    }),
  )

  it.live('does not count what another process holds as an attempt', () =>
    Effect.gen(function* () {
      let refusals = 0
      const { executor, attempts } = scripted(() => (refusals++ < 5 ? { code: 2 } : {}))
      let looks = 0
      const ends = yield* drive(executor, [task(0)], {
        ...quick,
        attempts: 1,
        finished: () => Effect.succeed(refusals > 5),
        // Free when it is looked at before a start, taken when the start has failed.
        held: () => Effect.sync(() => looks++ % 2 === 1),
      }).pipe(Stream.runCollect)
      expect(ends.at(-1)!.fate).toBe('finished')
      expect(attempts.every(([, attempt]) => attempt === 1)).toBe(true)
    }),
  )
})
