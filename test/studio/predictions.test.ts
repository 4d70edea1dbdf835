import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Logger } from 'effect'
import { expect, it } from 'vitest'
import type { FoundRun } from '../../studio/discovery/find.ts'
import { predictionLanes } from '../../studio/sample/predictions.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-predictions-'))
const evaluation = (name: string, predictions: string): FoundRun => {
  const path = join(root, name)
  mkdirSync(path)
  writeFileSync(join(path, 'predictions.jsonl'), predictions)
  return { id: name, name, path, kind: 'evaluation' }
}

it('are lanes of a sample, without those of an evaluation that is damaged, which is named', async () => {
  const row = '{"id":"s","windows":[[1,2]]}'
  const runs = [
    evaluation('whole', `${row}\n`),
    evaluation('running', `${row}\n{"id":"t","win`),
    evaluation('damaged', `{"id":"s","win\n${row}\n`),
  ]
  const studio = { runs: () => new Map(runs.map((run) => [run.id, run])) }
  const warnings: Array<string> = []
  const logger = Logger.make(({ message }) => void warnings.push(String(message)))
  const lanes = await Effect.runPromise(
    predictionLanes(studio, { id: 's', dataset: 'd', split: 'train', windows: [[1, 2]] }).pipe(
      Effect.provide(Logger.layer([logger])),
    ),
  )
  expect(lanes.map(({ label, iou }) => [label, iou])).toEqual([
    ['whole', 1],
    ['running', 1],
  ])
  expect(warnings).toEqual([expect.stringMatching(/damaged\/predictions\.jsonl:1: invalid JSON/)])
})
