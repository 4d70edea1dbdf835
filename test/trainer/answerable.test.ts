import { Effect, Logger } from 'effect'
import { expect, it } from 'vitest'
import { answerable, parseTrainingData } from '../../trainer/index.ts'

const question = (id: string, options: ReadonlyArray<string>, task = 'choice') => ({
  ...{ id, dataset: 'nextqa', split: 'valid', task, video: 'v', file: 'v.mp4', duration: 10 },
  ...{ query: 'what is red', windows: task === 'choice' ? null : [[1, 2]], options, answer: 'A' },
})

const kept = (...rows: ReadonlyArray<unknown>) => {
  const warnings: Array<string> = []
  const logger = Logger.make(({ message }) => void warnings.push(String(message)))
  return parseTrainingData('data.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')).pipe(
    Effect.flatMap(({ items }) => answerable(items)),
    Effect.map((items) => ({ ids: items.map(({ sample }) => sample.id), warnings })),
    Effect.provide(Logger.layer([logger])),
    Effect.runPromise,
  )
}

// NExT-QA's validation split has three such questions.
it.each(['choice', 'grounded-qa'])(
  'leaves out a %s question with two equal options, and says so',
  async (task) => {
    const rows = [question('a', ['scarf', 'hat'], task), question('b', ['scarf', ' scarf ', 'hat'], task)]
    expect(await kept(...rows)).toEqual({
      ids: ['a'],
      warnings: [
        '1 of 2 samples cannot be trained on and are left out (nextqa/valid/b first: it has two equal options)',
      ],
    })
    await expect(kept(rows[1])).rejects.toThrow(
      /sample nextqa\/valid\/b: has two equal options, and none of the 1 samples can be used/,
    )
  },
)

it('refuses an answer that is no option', async () => {
  await expect(kept({ ...question('a', ['scarf', 'hat']), answer: 'C' })).rejects.toThrow(
    /data\.jsonl:1: answer: "C" is not the letter of an option/,
  )
})

it('leaves out a count that no reply can give, and says so', async () => {
  const counted = (id: string, answer: string) => ({
    ...question(id, [], 'counting'),
    ...{ options: undefined, windows: null, answer },
  })
  expect(await kept(counted('a', '3'), counted('b', '3'.repeat(20)))).toEqual({
    ids: ['a'],
    warnings: [
      '1 of 2 samples cannot be trained on and are left out (nextqa/valid/b first: it has a count of 20 digits)',
    ],
  })
})

it('reads a count with leading zeros as that number, as replies are', async () => {
  const counted = { ...question('a', [], 'counting'), options: undefined, windows: null, answer: '03' }
  const { items } = await Effect.runPromise(parseTrainingData('data.jsonl', JSON.stringify(counted)))
  expect(items[0]?.sample.answer).toBe('3')
})
