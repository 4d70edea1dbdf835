import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Effect } from 'effect'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { Engine, engineLayer } from '../../engine/index.ts'
import { lessonGroup } from '../../lab/pretrain/groups.ts'
import { changedLessons, lessonsOfStep, sharesOf } from '../../lab/pretrain/lessons/index.ts'
import { findPython } from '../support/python.ts'

const { python, missing } = findPython('torch', 'torchvision', 'transformers', 'safetensors')
const repository = join(import.meta.dirname, '..', '..')
const recipe = {
  ...{ seed: 5, batches: 2, scenes: 1, microBatchTokens: 2048, learningRate: 1e-3, warmup: 0.5 },
  lessons: { shares: sharesOf(() => [1]) },
}

const plan = {
  settings: changedLessons(recipe.lessons),
  ...{ steps: recipe.batches, scenes: recipe.scenes, seed: [recipe.seed, 'first'] },
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spanwise-base-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

// PyTorch and the embedded engine share no code: neither the model, nor the packing, nor the optimiser.
it.skipIf(missing !== null)(
  `trains the base with PyTorch as the embedded engine does${missing === null ? '' : ` (skipped: ${missing})`}`,
  async () => {
    const [file, out] = [join(folder, 'recipe.json'), join(folder, 'base')]
    await writeFile(file, JSON.stringify(recipe))
    // A torchvision built for another torch can be imported once its operators have names.
    await copyFile(join(repository, 'bench/engine/vision_operators.py'), join(folder, 'sitecustomize.py'))
    await promisify(execFile)(
      python!,
      [join(repository, 'bench/base/train.py'), file, out, '--drawers', '1', '--spool', folder],
      { env: { ...process.env, PYTHONPATH: folder } },
    )
    const learn = Effect.gen(function* () {
      const engine = yield* Engine
      const start = yield* readCheckpoint(`${out}.start`)
      return yield* Effect.forEach([0, 1], (batch) =>
        engine.update({
          groups: lessonsOfStep(plan, batch).map((lesson) => lessonGroup(start, lesson)),
          loss: { kind: 'sft' },
          learningRate: recipe.learningRate,
          maxGradNorm: 1,
        }),
      )
    })
    const expected = await Effect.runPromise(
      learn.pipe(
        Effect.scoped,
        Effect.provide(
          engineLayer({
            ...{ checkpoint: `${out}.start`, device: 'cpu', threads: 2, purpose: 'training', beta2: 0.98 },
          }),
        ),
      ),
    )
    const rows = (await readFile(`${out}.metrics.jsonl`, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { loss: number; gradNorm: number })
    expect(rows).toHaveLength(2)
    rows.forEach(({ loss, gradNorm }, step) => {
      expect(loss).toBeCloseTo(expected[step]!.loss, 4)
      expect(gradNorm / expected[step]!.gradNorm).toBeCloseTo(1, 3)
    })
    const trained = await Effect.runPromise(readCheckpoint(out))
    expect(trained.model.shapes).toEqual(
      (await Effect.runPromise(readCheckpoint(`${out}.start`))).model.shapes,
    )
  },
  240_000,
)
