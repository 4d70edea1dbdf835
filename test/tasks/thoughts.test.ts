import { describe, expect, it } from '@effect/vitest'
import { catalogue } from '../../rewards/index.ts'
import { readReply, reasonedCount } from '../../tasks/index.ts'

describe('the thoughts of a count', () => {
  it('list every repetition and their number', () => {
    expect(
      reasonedCount([
        [1, 2],
        [2, 3.25],
      ]),
    ).toBe('<think>rep1: 1.0s-2.0s, rep2: 2.0s-3.2s. Total count: 2.</think><answer>2</answer>')
    expect(reasonedCount([])).toBe('<think>Total count: 0.</think><answer>0</answer>')
  })

  it('are read by every reader and score full by every counting reward', () => {
    for (const count of [1, 2, 7, 12]) {
      const text = reasonedCount(Array.from({ length: count }, (_, i) => [i, i + 1] as const))
      for (const reader of ['lenient', 'strict', 'actrep-r1', 'dvd'] as const)
        expect(readReply({ task: 'counting' }, text, reader)).toMatchObject({ answer: String(count) })
      const target = { task: 'counting', windows: [], duration: null, answer: String(count) }
      const score = (name: string) => catalogue[name]!(text, target)
      expect(score('count_hybrid')).toBe(1.5)
      for (const name of ['count', 'count_linear', 'count_fixed', 'count_exact', 'count_format', 'format'])
        expect(score(name)).toBe(1)
      expect(score('count_interval')).toBe(1)
    }
  })
})
