import { Worker } from 'node:worker_threads'
import { Effect, type Scope } from 'effect'
import type { TrainingGroup } from '../../engine/training/index.ts'
import type { LessonDraw } from './lessons/index.ts'

/** The lessons that a training draws. Every batch is determined by these options and its step. */
export interface LessonPlan extends LessonDraw {
  /** Folder of the checkpoint whose tokenizer and processor the lessons are written with. */
  readonly checkpoint: string
}

/** Draws the batches of a plan in `workers` threads: drawing takes about as long as a step of training. */
export const drawers = Effect.fn('Pretrain.drawers')(function* (
  plan: LessonPlan,
  workers: number,
): Effect.fn.Return<(step: number) => Effect.Effect<ReadonlyArray<TrainingGroup>>, never, Scope.Scope> {
  const threads = yield* Effect.forEach(Array.from({ length: workers }), () =>
    Effect.acquireRelease(
      Effect.sync(() => new Worker(new URL('./draw-thread.ts', import.meta.url), { workerData: plan })),
      (thread) => Effect.promise(() => thread.terminate()),
    ),
  )
  const waiting = new Map<number, (exit: Effect.Effect<ReadonlyArray<TrainingGroup>>) => void>()
  for (const thread of threads) {
    thread.on('message', ({ step, groups }: { step: number; groups: ReadonlyArray<TrainingGroup> }) => {
      waiting.get(step)?.(Effect.succeed(groups))
      waiting.delete(step)
    })
    thread.on('error', (error) => {
      for (const resume of waiting.values()) resume(Effect.die(error))
      waiting.clear()
    })
  }
  return (step) =>
    Effect.callback((resume) => {
      waiting.set(step, resume)
      threads[step % threads.length]!.postMessage(step)
    })
})
