import { join } from 'node:path'
import { Effect, Stream } from 'effect'
import { z } from 'zod'
import { Progress } from '../../core/index.ts'
import { followRows, makeFolder } from '../../files/index.ts'
import { executors } from '../../folds/executors/index.ts'
import type { TrainOptions } from '../train/options.ts'
import { latestTrlCheckpoint } from './launch.ts'
import { readTrl } from './open.ts'
import type { TrlOptions } from './options.ts'
import { finished, outcomeOf, stepOf, updatesOf } from './outcome.ts'

/** Bytes of memory that a scheduler is asked for, for each GPU: frames, the cache of clips and the loader of the model. */
const memoryEach = 64 * 2 ** 30

/** Milliseconds between two looks at the run's steps. */
const looks = 5000

/**
 * Runs the same command on a node of a cluster, through Ray Jobs or sbatch, and follows its steps. The service runs on that
 * node beside the engine, on loopback; the run's folder, the data and the videos must be on a disk that both see.
 *
 * @param command the command line of the training without its executor.
 */
export const relayTrl = Effect.fn('Pipelines.relayTrl')(function* (
  kind: 'sft' | 'curriculum',
  options: TrainOptions,
  trl: TrlOptions,
  command: ReadonlyArray<string>,
) {
  const began = performance.now()
  const read = yield* readTrl(kind, options, trl)
  const before = latestTrlCheckpoint(read.engine.output)
  const resumedFrom = before === null ? 0 : stepOf(before.step, updatesOf(read))
  // Beside the run's folder, which the command on the node claims for itself.
  const place = `${read.run}.launch`
  const log = join(place, 'train.log')
  yield* makeFolder(place)
  const executor = yield* executors[trl.executor]({
    run: place,
    cwd: process.cwd(),
    workers: 1,
    resources: { cpus: trl.cpus, gpus: trl.gpus, memory: memoryEach * Math.max(1, trl.gpus) },
    options: trl.executorOptions,
  })
  const progress = yield* Progress
  const metrics = followRows(join(read.run, 'metrics.jsonl'), z.unknown())
  const label = `${kind} with TRL (${executor.name})`
  const follow = Effect.gen(function* () {
    let warned: string | null = null
    for (let seen = -1; ; yield* Effect.sleep(looks)) {
      const found = yield* Effect.result(metrics)
      // What cannot be shown ends no training.
      if (found._tag === 'Failure') {
        const { message } = found.failure
        if (message !== warned) yield* Effect.logWarning(`steps are not shown: ${message}`)
        warned = message
        continue
      }
      const done = found.success.before + found.success.rows.length
      if (done !== seen) yield* progress.report({ label, done, total: read.steps, note: '' })
      seen = done
    }
  })
  const task = { fold: 0, name: `train-${kind}`, command, log }
  const ended = yield* Effect.raceFirst(Stream.runCollect(executor.submit([task], 1)), follow)
  yield* finished(ended, log)
  return yield* outcomeOf(read, resumedFrom, began)
}, Effect.scoped)
