import { candidateCount, goldReply, goldRequest, seekQuestion, startFrames } from '../../../agents/index.ts'
import type { Random } from '../../../core/index.ts'
import { durationOf, type Grade, seekScene, ticksPerSecond } from '../../../datasets/shapes/index.ts'
import { choiceAnswer } from '../../../tasks/index.ts'
import type { Lesson } from './lesson.ts'

/** Most frames of a round. */
const frames = 5

/**
 * The rounds of one conversation of frame seeking, each a lesson of its own: what a good policy asks for, and its answer.
 * Every frame is shown as a pair with itself, as a single image is.
 */
export const seekLessons = (
  grade: Grade,
  seed: ReadonlyArray<string | number>,
  draw: Random,
): ReadonlyArray<Lesson> => {
  const { scene, question, evidence } = seekScene(grade, ...seed)
  const { text, options = [], answer } = question
  const duration = durationOf(scene)
  const total = candidateCount({ duration, fps: ticksPerSecond, frames: duration * ticksPerSecond })
  const rounds = draw.next() < 0.6 ? 5 : draw.int(1, 4)
  const lessons: Array<Lesson> = []
  let shown = startFrames('all', total, frames, ...seed)
  const history: Array<ReadonlyArray<number>> = []
  for (let round = 1; round <= rounds; round++) {
    const turn = { shown, history: [...history], total, round, rounds, frames }
    lessons.push({
      scene,
      times: shown.flatMap((second) => [second, second]),
      blanked: [],
      turns: [
        {
          question: seekQuestion({ question: text, options }, turn),
          answer: goldReply(turn, evidence, choiceAnswer(answer)),
        },
      ],
    })
    const request = goldRequest(turn, evidence)
    if (request === null) break
    history.push(shown)
    shown = request.add
  }
  return lessons
}
