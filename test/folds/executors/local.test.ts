import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from '@effect/vitest'
import { Effect, Fiber, Stream } from 'effect'
import { afterAll, describe, expect } from 'vitest'
import { InputError, shellQuote } from '../../../core/index.ts'
import type { ExecutorSettings, FoldTask } from '../../../folds/executors/executor.ts'
import { devicesOf, makeLocal } from '../../../folds/executors/local.ts'
import { lastOf } from '../../../folds/executors/process.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-local-'))
afterAll(() => rmSync(root, { recursive: true }))

const settings = (workers: number, gpus = 0): ExecutorSettings => ({
  ...{ run: root, cwd: root, workers, options: {} },
  resources: { cpus: 1, gpus, memory: 2 ** 30 },
})
const task = (fold: number, script: string): FoldTask => ({
  ...{ fold, name: `bra-${fold}`, log: join(root, 'logs', `${fold}.log`) },
  command: ['/bin/sh', '-c', script],
})

describe('devices', () => {
  it('are dealt out in order, from those that are visible', () => {
    expect(devicesOf(3, 2, undefined)).toEqual(['0,1', '2,3', '4,5'])
    expect(devicesOf(2, 1, '5,7,9')).toEqual(['5', '7'])
    expect(devicesOf(2, 0, '5')).toBeNull()
  })
  it('that are too few or in pieces are refused', () => {
    const messages = [devicesOf(2, 2, '0,1,2'), devicesOf(1, 0.5, undefined)].map((error) =>
      error instanceof InputError ? error.message : error,
    )
    expect(messages).toEqual([
      '--gpus: 2 workers with 2 each need 4 devices, CUDA_VISIBLE_DEVICES names 3; lower --workers or --gpus',
      '--gpus: 0.5 of a device cannot be assigned; use a whole number, or --executor ray',
    ])
  })
})

describe('words for a shell', () => {
  it('read back as they were', () => {
    expect(shellQuote(['a', "it's", 'b c', '--set=x=1', ''])).toBe(`a 'it'\\''s' 'b c' --set=x=1 ''`)
  })
  it('and the last line that was said', () => {
    expect(lastOf('one\nspanwise: two: three\n\n')).toBe('two: three')
    expect(lastOf('')).toBe('')
  })
})

describe('local executor', () => {
  it.live('says how each command ended, with the last line it wrote', () =>
    Effect.gen(function* () {
      const local = yield* makeLocal(settings(2))
      const ends = yield* local
        .submit([task(0, 'echo fine'), task(1, 'echo spanwise: bad >&2; exit 3'), task(2, 'kill -9 $$')], 1)
        .pipe(Stream.runCollect)
      expect(
        ends
          .map(({ task, end, code, detail }) => [task.fold, end, code, detail])
          .toSorted((a, b) => Number(a[0]) - Number(b[0])),
      ).toEqual([
        [0, 'exited', 0, 'fine'],
        [1, 'exited', 3, 'bad'],
        [2, 'lost', null, 'killed by SIGKILL'],
      ])
    }),
  )

  it.live('runs as many at a time as there are workers, each with its own devices', () =>
    Effect.gen(function* () {
      const local = yield* makeLocal(settings(2, 1))
      const script =
        'echo "$CUDA_VISIBLE_DEVICES $(ls busy-* 2>/dev/null | wc -l)"; touch busy-$$; sleep 0.1; rm busy-$$'
      yield* local
        .submit(
          [10, 11, 12, 13].map((fold) => task(fold, script)),
          1,
        )
        .pipe(Stream.runDrain)
      const said = [10, 11, 12, 13].map((fold) =>
        readFileSync(join(root, 'logs', `${fold}.log`), 'utf8').trim(),
      )
      expect(new Set(said.map((line) => line.split(' ')[0]))).toEqual(new Set(['0', '1']))
      expect(Math.max(...said.map((line) => Number(line.split(' ')[1])))).toBeLessThan(2)
    }),
  )

  it.live('interrupts what it started', () =>
    Effect.gen(function* () {
      const local = yield* makeLocal(settings(1))
      const running = yield* local
        .submit([task(20, 'trap "echo stopped; exit 130" INT; touch up; while :; do sleep 0.02; done')], 1)
        .pipe(Stream.runDrain, Effect.forkChild)
      while (!existsSync(join(root, 'up'))) yield* Effect.sleep(10)
      yield* Fiber.interrupt(running)
      expect(readFileSync(join(root, 'logs', '20.log'), 'utf8')).toContain('stopped')
    }),
  )
})
