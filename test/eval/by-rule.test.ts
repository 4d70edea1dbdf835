import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, describe, expect, it } from 'vitest'
import { modelsTable } from '../../eval/index.ts'
import { runTable } from '../../pipelines/eval/table.ts'
import { runEval } from '../../pipelines/eval.ts'
import type { Prediction } from '../../tasks/index.ts'
import { sampleOf } from './arbitrary.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-by-rule-'))
afterAll(() => rmSync(root, { recursive: true }))

const samples = [3, 10, 2].map((count, i) =>
  sampleOf(i, { task: 'counting', windows: null, answer: String(count), meta: { action: 'squat' } }),
)
const score = (name: string, answers: ReadonlyArray<string | null>, of = samples) =>
  Effect.runPromise(
    runEval(
      { suite: 'repcount', samples: of, train: of, out: join(root, name), seed: 0 },
      name,
      new Map(of.map(({ id }, i): [string, Prediction] => [id, { id, windows: null, answer: answers[i]! }])),
    ),
  )
const table = (...names: ReadonlyArray<string>) =>
  Effect.runPromise(runTable(names.map((name) => join(root, name))))

describe('a table of models', () => {
  it('has one row a model, with every rule: over all and over parsed answers, and in each normalisation', async () => {
    await score('good', ['3', '12', null])
    await score('mute', [null, null, null])
    const [head, , good, mute] = modelsTable(await table('good', 'mute')).split('\n')
    expect(head).toBe(
      '| model | n | parsed | OBO | MAE | RMSE | Exact | OBO (actrep-r1) | MAE (actrep-r1) | RMSE (actrep-r1) | Exact (actrep-r1) | mae_norm (lmms-eval) | obo (lmms-eval) |',
    )
    // Errors 0, 2 and, unparsed, the count 2; normalised by count + 0.1, or not at all by lmms-eval.
    const mae = (0 + 2 / 10.1 + 2 / 2.1) / 3
    const cells = (row: string | undefined) =>
      row
        ?.split(' | ')
        .slice(1)
        .map((cell) => cell.replace(' |', ''))
    const round = (value: number) => String(Number(value.toPrecision(4)))
    expect(cells(good)).toEqual([
      ...['3', '66.7 %', '33.33', round(mae), round(Math.sqrt(8 / 3)), '33.33'],
      ...['50', round(1 / 10.1), round(Math.sqrt(2)), '50', round((2 / 10.1 + 2) / 3), round(1 / 3)],
    ])
    expect(cells(mute)?.slice(6, 10)).toEqual(['0', 'inf', 'inf', '0'])
  })

  it('is refused for other samples, and for a folder that is no evaluation', async () => {
    await score('fewer', ['3', '10'], samples.slice(0, 2))
    await expect(table('good', 'fewer')).rejects.toThrow(/scores 2 samples of repcount, not the 3/)
    await expect(table('good', 'nothing')).rejects.toThrow(/report\.json: is missing/)
  })

  it('is also part of the report of one model', async () => {
    const { table: text } = await score('alone', ['3', '10', '2'])
    expect(text).toContain('## By rule\n\n| rule | OBO | MAE | RMSE | Exact | mae_norm | obo |')
  })
})
