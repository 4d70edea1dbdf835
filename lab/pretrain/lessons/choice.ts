import { type Random, type Window, Windows } from '../../../core/index.ts'
import { choiceQuestions, groundedQuestions, type Scene } from '../../../datasets/shapes/index.ts'
import {
  choiceAnswer,
  choiceQuestion,
  evidenceQuery,
  groundedAnswer,
  groundedQuestion,
} from '../../../tasks/index.ts'
import { drawPart, frameTimes } from './draws.ts'
import type { Lesson, Now } from './lesson.ts'

/** Multiple choice over a whole clip. */
export const choiceLesson = (one: Scene, draw: Random, { fps }: Now): Lesson => ({
  scene: one,
  times: frameTimes(one, fps),
  blanked: [],
  turns: draw
    .shuffle(choiceQuestions(one, draw))
    .slice(0, 4)
    .map(({ text, options = [], answer }) => ({
      question: choiceQuestion(text, options),
      answer: choiceAnswer(answer),
    })),
})

/** Multiple choice with the seconds that show the answer, over a whole clip or, half of the time, a stretch of it. */
export const groundedLesson = (one: Scene, draw: Random, { fps }: Now): Lesson => {
  const whole = draw.next() < 0.5
  const part = drawPart(one, draw)
  const shown = (windows: ReadonlyArray<Window>) => (whole ? windows : Windows.clip(windows, part))
  const visible = (windows: ReadonlyArray<Window>) => Windows.coverage(shown(windows)) >= 1
  return {
    scene: one,
    times: frameTimes(one, fps).filter((time) => whole || (time >= part[0] && time < part[1])),
    blanked: [],
    turns: draw
      .shuffle(groundedQuestions(one, draw))
      .filter(({ windows = [] }) => visible(windows))
      .slice(0, 4)
      .map(({ text, options = [], answer, windows = [] }) => ({
        question: groundedQuestion(text, options),
        answer: groundedAnswer(answer, shown(windows)),
      })),
  }
}

/** A grounded question of the scene as agents search for its evidence, with the windows that show it. */
export const drawEvidence = (
  one: Scene,
  draw: Random,
): { readonly text: string; readonly windows: ReadonlyArray<Window> } | undefined => {
  const [question] = draw.shuffle(groundedQuestions(one, draw))
  return (
    question && {
      text: evidenceQuery({
        task: 'grounded-qa',
        query: question.text,
        ...(question.options !== undefined && { options: question.options }),
        answer: question.answer,
      }),
      windows: question.windows ?? [],
    }
  )
}
