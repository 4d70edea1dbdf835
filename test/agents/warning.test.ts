import { describe, expect, it } from 'vitest'
import { spanwiseHere } from '../cli/command-line.ts'
import { foldsScene } from '../support/folds-scene.ts'

/** What `dea` says on standard error about a server whose replies are all the same. */
const said = async (choice: object) => {
  await using scene = await foldsScene('replies', 24, { reply: () => choice })
  const words = [
    'dea',
    '--set',
    'rollouts=1',
    '--dataset',
    'jsonl',
    '--split',
    'test',
    '--annotations',
    'rows',
  ]
  const { code, err } = await spanwiseHere(
    scene.root,
    ...words,
    ...['--videos', 'videos', '--run', 'run', '--frames', '4', '--cache', 'off', '--backend', 'openai'],
    ...['--base-url', scene.server.url, '--model', 'model', '--preset', 'vllm', '--json'],
  )
  return { code, warnings: err.split('\n').filter((line) => line.includes('cannot be read')) }
}

describe('an agent whose replies cannot be read', () => {
  it.each([
    [
      '--think off',
      { message: { role: 'assistant', content: null, reasoning_content: 'He' }, finish_reason: 'length' },
    ],
    ['--max-tokens', { message: { role: 'assistant', content: 'The man' }, finish_reason: 'length' }],
    ['--guided', { message: { role: 'assistant', content: 'A man opens a door.' } }],
  ])('says so once and names %s', async (flag, choice) => {
    const { code, warnings } = await said(choice)
    expect(code).toBe(0)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(flag)
  })

  it('leaves a proposal that nobody could judge undecided, in the files too', async () => {
    await using scene = await foldsScene('undecided', 3, {
      reply: ({ question }) => ({
        message: {
          role: 'assistant',
          content: question.includes('Does this') ? 'It is hard to say.' : '<answer>7.0 to 9.0</answer>',
        },
      }),
    })
    const words = ['--dataset', 'jsonl', '--split', 'test', '--annotations', 'rows', '--videos', 'videos']
    const server = ['--backend', 'openai', '--base-url', scene.server.url, '--model', 'model']
    const bra = await spanwiseHere(
      scene.root,
      'bra',
      ...words,
      ...server,
      '--run',
      'run',
      '--frames',
      '8',
      '--json',
    )
    expect(JSON.parse(bra.out)).toMatchObject({ done: 3, kept: 3, dropped: 0 })
    const asked = 'SELECT DISTINCT verdict, criterion, p_yes, verified FROM boundary_reflection'
    const { out } = await spanwiseHere(scene.root, 'query', asked, '--run', 'run', '--json')
    expect(JSON.parse(out)).toMatchObject({
      rows: [{ verdict: 'uncertain', criterion: 'readable', p_yes: [null], verified: [] }],
    })
  })

  it('says nothing where they can be', async () => {
    const { warnings } = await said({ message: { role: 'assistant', content: 'From 1.0s to 4.0s.' } })
    expect(warnings).toEqual([])
  })
})
