import { parentPort, workerData } from 'node:worker_threads'
import { Effect } from 'effect'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { withTimeLimit } from '../../engine/tokenizer/index.ts'
import type { LessonPlan } from './draw.ts'
import { lessonGroup } from './groups.ts'
import { lessonsOfStep } from './lessons/index.ts'

/** The worker's main loop: answers each requested step with its batch. */
const port = parentPort
if (port === null) throw new Error('lab/pretrain/draw-thread.ts runs as a worker only')
const plan = workerData as LessonPlan
const { checkpoint: folder } = plan
const checkpoint = Effect.runPromise(readCheckpoint(folder))

/** Pixels in shared memory: they pass through two threads on their way to the engine. */
const shared = (pixels: Float32Array): Float32Array => {
  const copy = new Float32Array(new SharedArrayBuffer(pixels.byteLength))
  copy.set(pixels)
  return copy
}

port.on('message', async (step: number) => {
  const prepared = await checkpoint
  const groups = withTimeLimit({ subject: folder, seconds: 600 }, () =>
    lessonsOfStep(plan, step)
      .map((lesson) => lessonGroup(prepared, lesson))
      .map((group) => ({ ...group, prompt: { ...group.prompt, pixels: shared(group.prompt.pixels) } })),
  )
  port.postMessage({ step, groups })
})
