import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { random } from '../../core/index.ts'
import { catalogue } from '../../datasets/index.ts'
import { fuzzAnnotations, mutate } from '../support/annotation-fuzz.ts'
import { seeds } from '../support/annotation-seeds.ts'
import { readFrom } from './fixture.ts'

describe('readers under changed files', () => {
  it('have a seed for every form of text, and read it without a problem', async () => {
    for (const { dataset, split, files } of seeds) {
      const { samples, problems } = await readFrom(files, dataset, split)
      const told = problems.filter(({ kind }) => kind !== 'negative' && kind !== 'missing')
      expect([dataset, told, samples.length > 0]).toEqual([dataset, [], true])
    }
    const shared = [
      'parquet',
      'hirest_grounding',
      'internvid_vtime',
      'anet_timelens',
      'qvhighlights_timelens',
    ]
    expect(new Set([...seeds.map(({ dataset }) => dataset), ...shared])).toEqual(
      new Set(Object.keys(catalogue)),
    )
  })

  it('give samples or named problems, and never throw', async () => {
    const { faults, slowest } = await fuzzAnnotations(150, 7)
    expect(faults).toEqual([])
    expect(slowest).toBeLessThan(5_000)
  })

  it('change no row but the one that was changed', async () => {
    const rows = Array.from({ length: 40 }, (_, i) =>
      JSON.stringify({ id: `r${i}`, video: `v${i}.mp4`, query: `query ${i}`, windows: [[i, i + 1]] }),
    )
    const whole = await readFrom({ 'train.jsonl': rows.join('\n') }, 'jsonl', 'train')
    for (let i = 0; i < 40; i++) {
      const draw = random(3, 'rows', i)
      const at = draw.int(0, rows.length - 1)
      const changed = mutate(rows[at]!, draw).replaceAll(/[\n]/g, ' ')
      const { samples, problems } = await Effect.runPromise(
        Effect.promise(() =>
          readFrom({ 'train.jsonl': rows.toSpliced(at, 1, changed).join('\n') }, 'jsonl', 'train'),
        ),
      )
      const others = samples.filter(({ query }) => /^query \d+$/.test(query) && query !== `query ${at}`)
      const lost = whole.samples.filter(
        ({ id }, index) =>
          index !== at && !others.some((one) => one.id === id) && !changed.includes(`"${id}"`),
      )
      expect([changed, lost]).toEqual([changed, []])
      expect(changed.trim() === '' || samples.length + problems.length >= rows.length).toBe(true)
    }
  })
})
