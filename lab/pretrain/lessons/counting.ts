import type { Random } from '../../../core/index.ts'
import {
  countingQuestions,
  type Grade,
  mostRepetitions,
  type Question,
  repetitionScene,
} from '../../../datasets/shapes/index.ts'
import { countAnswer, countingQuestion, reasonedCount, shapesStyle } from '../../../tasks/index.ts'
import { frameTimes } from './draws.ts'
import type { Exchange, Lesson, Now } from './lesson.ts'

const direct = ({ text, answer }: Question): Exchange => ({
  question: countingQuestion(text),
  answer: countAnswer(Number(answer)),
})

const reasoned = ({ text, cycles }: Question): ReadonlyArray<Exchange> =>
  cycles === undefined
    ? []
    : [
        {
          question: countingQuestion(text, { ...shapesStyle, think: true }),
          answer: reasonedCount(cycles),
        },
      ]

/**
 * A clip of one repeated movement, 1 to 12 times: how often, with thoughts and without, and the same of whatever else it
 * shows. Most other counts are zero; a zero is asked a quarter as often.
 */
export const countingLesson = (
  grade: Grade,
  seed: ReadonlyArray<string | number>,
  draw: Random,
  { fps }: Now,
): Lesson => {
  const { scene, question } = repetitionScene(grade, draw.int(1, mostRepetitions), ...seed)
  const others = draw
    .shuffle(countingQuestions(scene))
    .filter(({ text, answer }) => text !== question.text && (answer !== '0' || draw.next() < 0.25))
    .slice(0, 3)
  return {
    scene,
    times: frameTimes(scene, fps),
    blanked: [],
    turns: [
      direct(question),
      ...reasoned(question),
      ...others.map(direct),
      ...others.slice(0, 1).flatMap(reasoned),
    ],
  }
}
