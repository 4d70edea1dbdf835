import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Effect } from 'effect'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { processMessages } from '../../engine/processor/index.ts'
import { makeTrainer } from '../../engine/training/index.ts'
import { budgetOf, checkpointFacts, makeProfile, samplingOf } from '../../models/index.ts'
import { ask } from '../../tasks/index.ts'
import { encodePicture } from '../../video/index.ts'
import { readClip } from '../../video/read.ts'
import { folderOf, frames, goldenNames } from './goldens.ts'

const root = mkdtempSync(path.join(tmpdir(), 'spanwise-image-goldens-'))
afterAll(() => rmSync(root, { recursive: true }))

const integers = z.array(z.number().int())
const { question, completion, models } = z
  .object({
    question: z.string(),
    completion: integers,
    models: z.record(
      z.string(),
      z.array(
        z.object({
          ...{ seed: z.int(), height: z.int(), width: z.int() },
          ...{ ids: integers, grid: integers, positions: integers, logProbs: z.array(z.number()) },
        }),
      ),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(import.meta.dirname, '../fixtures/images.json'), 'utf8')))

/** From the file to the log-probabilities: what `test/fixtures/images.py` computed with transformers. */
describe.each(goldenNames)('an image compared with transformers, the checkpoint %s', (name) => {
  it('has the same size, ids, positions and log-probabilities', () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const checkpoint = yield* readCheckpoint(folderOf(name))
        const weights = new Map([...checkpoint.tensors].map(([key, { data }]) => [key, data]))
        const trainer = yield* makeTrainer(checkpoint.model, weights, { device: 'cpu', threads: 1 })
        // Without the family of the included checkpoint, whose images are as small as its frames.
        const { view } = yield* Effect.fromResult(
          makeProfile({ ...checkpointFacts(checkpoint), family: null }),
        )
        for (const { seed, height, width, ids, grid, positions, logProbs } of models[name]!) {
          const { rgb } = frames({ seed, frames: 1, height, width, indices: [0, 1], fps: 1 })
          const file = path.join(root, `${seed}.png`)
          writeFileSync(file, encodePicture({ width, height, rgb }, { format: 'png' }))
          const clip = readClip(file, samplingOf(view), budgetOf(view, view))
          const prompt = processMessages(checkpoint, ask(clip, question))
          expect(prompt.grids).toEqual([grid])
          expect([...prompt.inputIds]).toEqual(ids)
          expect([...prompt.positions]).toEqual(positions)
          const [[scored = []] = []] = yield* trainer.score([{ prompt, completions: [completion] }])
          expect(scored).toHaveLength(logProbs.length)
          logProbs.forEach((logProb, t) => {
            expect(scored[t]).toBeCloseTo(logProb, 4)
          })
        }
      }).pipe(Effect.scoped),
    ))
})
