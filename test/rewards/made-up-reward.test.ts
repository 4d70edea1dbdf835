import { Effect } from 'effect'
import { afterAll, expect, it, vi } from 'vitest'

// The one line: everything else of the reward is its file.
vi.resetModules()
vi.doMock('../../rewards/catalogue.ts', async (original) => ({
  catalogue: {
    ...(await original<typeof import('../../rewards/catalogue.ts')>()).catalogue,
    brevity: (await import('./made-up-reward.ts')).brevity,
  },
}))
const { composeRewards } = await import('../../rewards/index.ts')
afterAll(() => {
  vi.doUnmock('../../rewards/catalogue.ts')
  vi.resetModules()
})

it('a reward of one file and one catalogue line is weighed beside the others', async () => {
  const { names, score } = await Effect.runPromise(composeRewards({ iou: 1, brevity: 0.5 }))
  expect(names).toEqual(['iou', 'brevity'])
  const target = { windows: [[0, 2]] as const, duration: 10 }
  const text = '<answer>1.0 to 2.0</answer>'
  expect(score(text, target)).toEqual({
    scores: { iou: 0.5, brevity: 1 - text.length / 100 },
    total: 0.5 + 0.5 * (1 - text.length / 100),
  })
  const error = await Effect.runPromise(Effect.flip(composeRewards({ brevty: 1 })))
  expect(error.message).toContain('did you mean brevity?')
})
