import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { afterAll, vi } from 'vitest'
import { folderOf } from '../cli/command-line.ts'
import { sampleOf } from './arbitrary.ts'

// The one line: everything else of the suite is its file.
vi.resetModules()
vi.doMock('../../eval/catalogue.ts', async (original) => ({
  suites: {
    ...(await original<typeof import('../../eval/catalogue.ts')>()).suites,
    'made-up': (await import('./made-up-suite.ts')).madeUp,
  },
}))
const { givenPredictions, runEval } = await import('../../pipelines/eval.ts')
afterAll(() => {
  vi.doUnmock('../../eval/catalogue.ts')
  vi.resetModules()
})

it.effect('a suite of one file and one catalogue line is scored, compared with the prior and reported', () =>
  Effect.gen(function* () {
    const samples = [0, 1, 2].map((i) =>
      sampleOf(i, { windows: [[4, 9]], meta: { source: i < 2 ? 'a' : 'b' } }),
    )
    const folder = folderOf({
      'p.jsonl': '{"id":"q0","windows":[[4.5,6]]}\n{"id":"q1","text":"<answer>8.0 to 9.0</answer>"}\n',
    })
    const predictions = yield* givenPredictions(samples, [], { file: join(folder, 'p.jsonl') })
    const { evaluation } = yield* runEval(
      { suite: 'made-up', samples, train: samples, seed: 1, out: folder },
      'mine',
      predictions,
    )
    const { metrics, types, intervals, missing, headline } = evaluation.report
    expect(metrics.starts).toBeCloseTo(100 / 3, 12)
    expect([types.a!.metrics.starts, types.b!.metrics.starts]).toEqual([50, 0])
    expect(intervals.starts).toHaveLength(2)
    expect({ missing, headline }).toEqual({ missing: 1, headline: ['starts'] })
    const report = readFileSync(join(folder, 'report.md'), 'utf8')
    expect(report).toMatch(/^# made-up: mine/)
    expect(report).toMatch(/\| prior only \| 100\.00/)
  }),
)

it.effect('an unknown name still names the nearest of all suites', () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(
      runEval({ suite: 'madeup', samples: [], train: [], seed: 1 }, 'x', new Map()),
    )
    expect(error.message).toContain('did you mean made-up?')
  }),
)
