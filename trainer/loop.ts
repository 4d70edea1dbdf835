import { Effect } from 'effect'
import { z } from 'zod'
import { Progress } from '../core/index.ts'
import type { EngineService } from '../engine/index.ts'
import { readRows } from '../files/index.ts'
import { latestCheckpoint, loadCheckpoint, modelOf, saveCheckpoint } from './checkpoint.ts'
import type { RunFolder } from './run-folder.ts'

/** The result of one step. */
export interface StepResult<State> {
  readonly state: State
  /** Goes to metrics.jsonl, with the step in front. */
  readonly row: { readonly [name: string]: unknown }
  /** One short figure for the progress line. */
  readonly note: string
  /** Ends the run after this step. */
  readonly stop?: boolean
}

/** In steps, 0 for never; how many checkpoints are kept. */
export interface Pace {
  readonly checkpointEvery: number
  readonly keepCheckpoints: number
  readonly evaluateEvery: number
}

export interface Loop<State, Plan, E, R, E2, R2, E3, R3> {
  readonly label: string
  readonly folder: RunFolder
  readonly engine: EngineService
  readonly steps: number
  readonly pace: Pace
  readonly initial: State
  readonly schema: z.ZodType<State>
  /** Everything before the weights change; may be interrupted at any point. */
  readonly prepare: (state: State, step: number) => Effect.Effect<Plan, E, R>
  /** Changes the weights; not interruptible, so that state and weights stay consistent. */
  readonly commit: (state: State, plan: Plan, step: number) => Effect.Effect<StepResult<State>, E2, R2>
  /** `evaluate`'s numbers go to validation.jsonl. */
  readonly hooks: Hooks<E3, R3>
}

/** What `trainGrpo` and `trainSft` hand through to the loop. */
export interface Hooks<E, R> {
  /** Measures the weights on a validation set after `step` steps. */
  readonly evaluate?: (step: number) => Effect.Effect<{ readonly [name: string]: number }, E, R>
  /** Runs after each checkpoint, e.g. to refresh the metrics database. */
  readonly onCheckpoint?: Effect.Effect<void>
}

export interface TrainingOutcome {
  /** Finished steps, including those of earlier starts. */
  readonly steps: number
  readonly planned: number
  /** Steps that were already finished at this start. */
  readonly resumedFrom: number
  readonly stoppedEarly: boolean
  /** Folder of the last checkpoint and of its model. */
  readonly checkpoint: string
  readonly model: string
  readonly seconds: number
}

/**
 * Runs steps until the last one, continuing from the newest checkpoint of the run folder. A step is a pure function of
 * (weights, state, step), so a resumed run equals one that was never stopped, bit for bit on the same machine's CPU.
 * Interruption or an error between two steps, or inside `prepare`, writes a checkpoint of the steps finished so far.
 */
export const runLoop = Effect.fnUntraced(function* <State, Plan, E, R, E2, R2, E3, R3>(
  loop: Loop<State, Plan, E, R, E2, R2, E3, R3>,
) {
  const { folder, engine, steps } = loop
  const began = performance.now()
  const progress = yield* Progress
  const stored = yield* loadCheckpoint(
    folder,
    engine,
    z.object({ step: z.int(), state: z.object({ loop: loop.schema, stopped: z.boolean() }) }),
  )
  const resumedFrom = stored?.step ?? 0
  let done = resumedFrom
  let saved = stored === null ? -1 : stored.step
  /** Whether weights and state are those of the same step. */
  let whole = true
  let state = stored?.state.loop ?? loop.initial
  let stopped = stored?.state.stopped ?? false
  for (const name of ['metrics.jsonl', 'rollouts.jsonl']) yield* folder.truncate(name, done)
  yield* folder.truncate('validation.jsonl', done + 1)
  const measured = yield* readRows(folder.file('validation.jsonl'), z.object({ step: z.number() }))
  const validated = new Set(measured.map(({ step }) => step))

  const checkpoint = Effect.suspend(() =>
    saveCheckpoint(folder, engine, done, { loop: state, stopped }, loop.pace.keepCheckpoints),
  ).pipe(
    Effect.tap(() =>
      Effect.sync(() => {
        saved = done
      }),
    ),
    Effect.andThen(loop.hooks.onCheckpoint ?? Effect.void),
  )
  const validate = Effect.fnUntraced(function* (last: boolean) {
    const due = done === 0 || last || (loop.pace.evaluateEvery > 0 && done % loop.pace.evaluateEvery === 0)
    const { evaluate } = loop.hooks
    if (evaluate === undefined || !due || validated.has(done)) return
    const start = performance.now()
    const measured = yield* evaluate(done)
    yield* folder.record('validation.jsonl', {
      step: done,
      ...measured,
      seconds: (performance.now() - start) / 1000,
    })
  })

  const body = Effect.gen(function* () {
    yield* validate(done >= steps || stopped)
    while (done < steps && !stopped) {
      const plan = yield* loop.prepare(state, done)
      const note = yield* Effect.uninterruptible(
        Effect.gen(function* () {
          whole = false
          const result = yield* loop.commit(state, plan, done)
          yield* folder.record('metrics.jsonl', { step: done, ...result.row })
          whole = true
          state = result.state
          stopped = result.stop === true
          done += 1
          const due = loop.pace.checkpointEvery > 0 && done % loop.pace.checkpointEvery === 0
          // Before the final validation, which may take long: what it measures must not be lost with it.
          if (due || done >= steps || stopped) yield* checkpoint
          return result.note
        }),
      )
      yield* progress.report({ label: loop.label, done, total: steps, note })
      yield* validate(done >= steps || stopped)
    }
    if (saved !== done) yield* checkpoint
  })
  // After an interruption and after any failure, defects included; not where weights and state may disagree, as after a
  // failure inside `commit`.
  const rescue = Effect.suspend(() => (saved === done || !whole ? Effect.void : Effect.ignore(checkpoint)))
  yield* Effect.onError(body, () => rescue)
  const last = latestCheckpoint(folder) ?? folder.file('checkpoints')
  const outcome: TrainingOutcome = {
    steps: done,
    planned: steps,
    resumedFrom,
    stoppedEarly: stopped && done < steps,
    checkpoint: last,
    model: modelOf(last),
    seconds: (performance.now() - began) / 1000,
  }
  return outcome
})
