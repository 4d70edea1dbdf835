import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { fileError } from '../../files/index.ts'
import type { RunFolder } from '../run-folder.ts'
import { figuresOf, type Sink, streams } from './rows.ts'
import { tensorboardSink } from './tensorboard.ts'
import { wandbSink } from './wandb.ts'

export const sinkNames = ['tensorboard', 'wandb'] as const
export type SinkName = (typeof sinkNames)[number]

const manifest = z.object({ settings: z.record(z.string(), z.unknown()) })

const open = (name: SinkName, folder: RunFolder): Sink =>
  name === 'tensorboard'
    ? tensorboardSink(folder.file('tensorboard'))
    : wandbSink({
        folder: resolve(folder.path),
        settings: manifest.parse(JSON.parse(readFileSync(folder.file('run.json'), 'utf8'))).settings,
        environment: process.env,
      })

/**
 * A run's folder that also gives the figures of its metrics and validations to sinks, until the scope closes: to event
 * files of TensorBoard in `tensorboard/`, to an offline run of Weights & Biases in `wandb/`. Whatever trains need not
 * know of them.
 */
export const withSinks = Effect.fnUntraced(function* (folder: RunFolder, names: ReadonlyArray<SinkName>) {
  const sinks = yield* Effect.acquireRelease(
    Effect.sync(() => names.map((name) => open(name, folder))),
    (all) =>
      Effect.sync(() => {
        for (const sink of all) sink.close()
      }),
  )
  const pass = (name: string, row: unknown) => {
    const prefix = streams[name]
    if (prefix === undefined) return
    const { step } = z.object({ step: z.int() }).parse(row)
    for (const sink of sinks) sink.write(step, figuresOf(row, prefix))
  }
  if (sinks.length === 0) return folder
  return {
    ...folder,
    append: (name, row) => {
      folder.append(name, row)
      pass(name, row)
    },
    record: (name, row) =>
      Effect.andThen(
        folder.record(name, row),
        Effect.try({
          try: () => pass(name, row),
          catch: (error) => fileError(folder.path, 'written', error),
        }),
      ),
  } satisfies RunFolder as RunFolder
})
