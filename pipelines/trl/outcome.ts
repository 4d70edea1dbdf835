import { join } from 'node:path'
import { Effect } from 'effect'
import { EngineError, InputError } from '../../core/index.ts'
import { type Ended, lastLine } from '../../folds/executors/index.ts'
import { validationRows } from '../train/validate.ts'
import { latestTrlCheckpoint } from './launch.ts'
import type { ReadTrl } from './open.ts'
import { validationFile } from './validate.ts'

/** Optimiser steps on each batch of rollouts. */
export const updatesOf = ({ training }: ReadTrl): number =>
  training.kind === 'sft' ? 1 : training.options.updates

/** Finished steps of the curriculum at a checkpoint. */
export const stepOf = (optimiserSteps: number, updates: number): number =>
  Math.floor(optimiserSteps / updates)

/** Fails where a launched training did not end well: with its own last line, and where its log is. */
export const finished = Effect.fnUntraced(function* ([ended]: ReadonlyArray<Ended>, log: string) {
  if (ended?.code === 0) return
  const said = yield* lastLine(log)
  if (ended?.code === 2)
    return yield* new InputError({
      subject: log,
      problem: said,
      remedy: 'see the log; the same command continues from the last checkpoint',
    })
  return yield* new EngineError({
    operation: `training with TRL (${log})`,
    problem: `${ended === undefined || ended.code === null ? (ended?.detail ?? 'the process was lost') : `the process ended with code ${ended.code}`}: ${said}`,
  })
})

/** What a training left in its folder. */
export const outcomeOf = Effect.fnUntraced(function* (read: ReadTrl, resumedFrom: number, began: number) {
  const last = latestTrlCheckpoint(read.engine.output)
  if (last === null)
    return yield* new InputError({
      subject: read.engine.output,
      problem: 'the engine wrote no checkpoint',
      remedy: `see ${read.run}/launch/train.log`,
    })
  const steps = stepOf(last.step, updatesOf(read))
  return {
    steps,
    planned: read.steps,
    resumedFrom,
    stoppedEarly: steps < read.steps,
    checkpoint: last.path,
    model: last.path,
    seconds: (performance.now() - began) / 1000,
    validation: yield* validationRows(join(read.run, validationFile)),
  }
})
