import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import type { z } from 'zod'
import { InputError } from '../core/index.ts'
import type { EngineService } from '../engine/index.ts'
import { attempt, wholeBy, writeWhole } from '../files/index.ts'
import type { RunFolder } from './run-folder.ts'

/**
 * A checkpoint is a folder `checkpoints/step-000050` of a run: `model/` in the Hugging Face layout, `engine.state` (weights
 * and optimiser, exact) and `trainer.json` (finished steps, sampler, moving averages; the random streams follow from the
 * seed and the step). It is written under a temporary name and renamed, so a folder with the final name is complete.
 */
const nameOf = (step: number): string => `step-${String(step).padStart(6, '0')}`

const found = (folder: Pick<RunFolder, 'file'>): ReadonlyArray<string> => {
  const root = folder.file('checkpoints')
  return existsSync(root)
    ? readdirSync(root)
        .filter((name) => /^step-\d+$/.test(name))
        .sort()
    : []
}

/** The newest complete checkpoint's folder, or null. */
export const latestCheckpoint = (folder: Pick<RunFolder, 'file'>): string | null => {
  const name = found(folder).at(-1)
  return name === undefined ? null : folder.file('checkpoints', name)
}

/** The folder of a checkpoint's model, loadable by transformers. */
export const modelOf = (checkpoint: string): string => join(checkpoint, 'model')

/** Writes the checkpoint of `step` finished steps and removes all but the `keep` newest; returns its folder. */
export const saveCheckpoint = Effect.fnUntraced(function* (
  folder: RunFolder,
  engine: EngineService,
  step: number,
  state: unknown,
  keep: number,
) {
  const final = folder.file('checkpoints', nameOf(step))
  yield* wholeBy(final, (temporary) =>
    Effect.gen(function* () {
      yield* attempt(temporary, 'written', () => mkdirSync(temporary))
      yield* engine.save(modelOf(temporary))
      yield* engine.snapshot(join(temporary, 'engine.state'))
      yield* writeWhole(join(temporary, 'trainer.json'), `${JSON.stringify({ step, state })}\n`)
    }),
  )
  yield* attempt(final, 'written', () => {
    for (const name of found(folder).slice(0, -keep))
      rmSync(folder.file('checkpoints', name), { recursive: true })
  })
  return final
})

/** Restores the newest checkpoint into the engine; null where there is none. */
export const loadCheckpoint = Effect.fnUntraced(function* <State>(
  folder: RunFolder,
  engine: EngineService,
  schema: z.ZodType<{ step: number; state: State }>,
) {
  const checkpoint = latestCheckpoint(folder)
  if (checkpoint === null) return null
  const file = join(checkpoint, 'trainer.json')
  const text = yield* attempt(file, 'read', () => readFileSync(file, 'utf8'))
  const trainer = yield* Effect.try({
    try: () => schema.parse(JSON.parse(text)),
    catch: () =>
      new InputError({
        subject: file,
        problem: 'is damaged',
        remedy: `remove ${checkpoint} to continue from the checkpoint before it`,
      }),
  })
  yield* engine.restore(join(checkpoint, 'engine.state'))
  return { ...trainer, checkpoint }
})
