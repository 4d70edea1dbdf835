import { Windows } from '../../core/index.ts'
import { renderFrames } from '../../datasets/shapes/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import { type Frames, processMessages } from '../../engine/processor/index.ts'
import type { TrainingGroup } from '../../engine/training/index.ts'
import type { Lesson } from './lessons/index.ts'

/** Width and height of the frames the checkpoint is trained on, in pixels. */
export const frameSize = 64

/** The frames of a lesson, drawn in memory: no video file is needed. */
export const lessonFrames = ({
  scene,
  times,
  blanked,
}: Pick<Lesson, 'scene' | 'times' | 'blanked'>): Frames => {
  const rgb = renderFrames(scene, times, frameSize)
  const bytes = frameSize * frameSize * 3
  times.forEach((time, index) => {
    if (Windows.covers(blanked, time)) rgb.fill(0, index * bytes, (index + 1) * bytes)
  })
  const fps = times.length < 2 ? 1 : (times.length - 1) / (times.at(-1)! - times[0]!)
  return { width: frameSize, height: frameSize, times: Float64Array.from(times), fps, rgb }
}

/**
 * One lesson as a training group. The shared prompt ends with the video; each completion is a question, which only
 * gives context, and its answer.
 */
export const lessonGroup = (
  checkpoint: Preprocessing,
  lesson: Lesson,
  clip = lessonFrames(lesson),
): TrainingGroup => {
  const { encode } = checkpoint.tokenizer
  const prompt = processMessages(checkpoint, [{ role: 'user', content: [{ type: 'video', clip }] }], {
    addGenerationPrompt: false,
  })
  const closing = encode('<|im_end|>\n').length
  const kept = prompt.inputIds.length - closing
  const positions = new Int32Array(3 * kept)
  for (let axis = 0; axis < 3; axis++)
    positions.set(
      prompt.positions.subarray(axis * prompt.inputIds.length, axis * prompt.inputIds.length + kept),
      axis * kept,
    )
  return {
    prompt: { ...prompt, inputIds: prompt.inputIds.slice(0, kept), positions },
    completions: lesson.turns.map(({ question, answer }) => {
      const asked = encode(`${question}<|im_end|>\n<|im_start|>assistant\n`)
      const answered = encode(`${answer}<|im_end|>`)
      return {
        tokens: [...asked, ...answered],
        lossMask: [...asked.map(() => 0), ...answered.map(() => 1)],
      }
    }),
  }
}
