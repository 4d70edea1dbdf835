import { Effect, Exit, Logger } from 'effect'
import { describe, expect, it } from 'vitest'
import { checkMaskUsed } from '../../pipelines/train/mask-mode.ts'
import { grpoSchema, maskSchema, warnUnmasked } from '../../trainer/index.ts'
import { stubItems } from '../trainer/stub.ts'

describe('settings of masks', () => {
  it.each([
    [{ until: 0.8 }, '"mask.until": has no effect'],
    [{ mode: 'drop' }, '"mask.mode": has no effect'],
    [{ margin: 3 }, '"mask.margin": has no effect'],
    [{ kind: 'none', start: 0.5 }, '"mask.start": has no effect'],
    [{ kind: 'linear', solvedAt: 0.3 }, '"mask.solvedAt": has no effect on the schedule linear'],
    [{ start: 0.5, solvedAt: 0.3 }, '"mask.solvedAt": has no effect on the schedule linear'],
  ])('%j is refused where it would be ignored', (given, problem) => {
    const error = Effect.runSync(Effect.flip(checkMaskUsed(given, maskSchema.parse(given))))
    expect(error.message).toContain(problem)
  })

  it.each([
    undefined,
    {},
    { kind: 'none' },
    { start: 0, until: 0.8, solvedAt: 0.3 },
    { start: 0.3, until: 0.8, mode: 'drop', margin: 0 },
    { kind: 'adaptive', solvedAt: 0.3 },
    { kind: 'on-failure', solvedAt: 0.3, until: 1 },
  ])('%j is taken', (given) => {
    expect(Exit.isSuccess(Effect.runSyncExit(checkMaskUsed(given, maskSchema.parse(given ?? {}))))).toBe(true)
  })

  it('warn where they hide nothing of the data', () => {
    const warned = (mask: object, items = stubItems(9)) => {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => lines.push(String(message)))
      const options = grpoSchema.parse({ learningRate: 1, sampling: { maxTokens: 8 }, mask })
      Effect.runSync(warnUnmasked(options, items).pipe(Effect.provide(Logger.layer([logger]))))
      return lines
    }
    const easy = stubItems(9).map((item) => ({ ...item, band: 'easy' as const }))
    expect(warned({ kind: 'linear' })).toEqual([])
    expect(warned({ kind: 'linear' }, easy)).toEqual([
      expect.stringContaining(
        'mask.kind=linear: no frames are hidden, because none of the 9 samples is hard',
      ),
    ])
    expect(warned({ kind: 'step', until: 0 })).toEqual([expect.stringContaining('start or until is 0')])
    expect(warned({ kind: 'on-failure' }, easy)).toEqual([])
    expect(warned({}, easy)).toEqual([])
  })
})
