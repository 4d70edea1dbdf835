import type { Random } from '../../../core/index.ts'
import {
  choiceQuestions,
  countingQuestions,
  groundedQuestions,
  type Scene,
} from '../../../datasets/shapes/index.ts'
import {
  choiceAnswer,
  choiceQuestion,
  countAnswer,
  countingQuestion,
  groundedAnswer,
  groundedQuestion,
} from '../../../tasks/index.ts'
import { frameTimes } from './draws.ts'
import type { Lesson, Now } from './lesson.ts'

/** Counting and both kinds of choice, in a separate lesson because their questions are twice as long. */
export const quizLesson = (one: Scene, draw: Random, { fps }: Now): Lesson => {
  const counting = draw
    .shuffle(countingQuestions(one))
    // Most counts are zero; a zero is asked half as often.
    .filter(({ answer }) => answer !== '0' || draw.next() < 0.5)
    .slice(0, 3)
    .map(({ text, answer }) => ({ question: countingQuestion(text), answer: countAnswer(Number(answer)) }))
  const choice = draw
    .shuffle(choiceQuestions(one, draw))
    .slice(0, 2)
    .map(({ text, options = [], answer }) => ({
      question: choiceQuestion(text, options),
      answer: choiceAnswer(answer),
    }))
  const grounded = draw
    .shuffle(groundedQuestions(one, draw))
    .slice(0, 2)
    .map(({ text, options = [], answer, windows = [] }) => ({
      question: groundedQuestion(text, options),
      answer: groundedAnswer(answer, windows),
    }))
  return {
    scene: one,
    times: frameTimes(one, fps),
    blanked: [],
    turns: [...counting, ...choice, ...grounded],
  }
}
