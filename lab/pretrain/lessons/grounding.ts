import { reflectHidden, reflectQuestion } from '../../../agents/index.ts'
import { type Random, type Window, Windows } from '../../../core/index.ts'
import { durationOf, queriesOf, type Scene } from '../../../datasets/shapes/index.ts'
import { groundingQuestion, windowsAnswer } from '../../../tasks/index.ts'
import { drawEvidence } from './choice.ts'
import { drawPart, drawQueries, frameTimes, reworded } from './draws.ts'
import type { Lesson, Now } from './lesson.ts'

/** The whole clip: when does each of several things happen? */
export const wholeLesson = (one: Scene, draw: Random, { fps, absent }: Now): Lesson => {
  const turns = drawQueries(draw, queriesOf(one), 8, absent).map((query) => ({
    question: groundingQuestion(reworded(draw, query)),
    answer: windowsAnswer(query.windows),
  }))
  return { scene: one, times: frameTimes(one, fps), blanked: [], turns }
}

/** Grounding in a part of a clip: the same question with fewer places to look at. */
export const stretchLesson = (one: Scene, draw: Random, { fps, absent }: Now): Lesson | null => {
  const part = drawPart(one, draw)
  const asked = queriesOf(one).map((query) => ({ ...query, windows: Windows.clip(query.windows, part) }))
  // A query that holds throughout is not a grounding question.
  const fit = asked.filter(({ windows }) => Windows.coverage(windows) < Windows.length(part))
  return {
    scene: one,
    times: frameTimes(one, fps).filter((time) => time >= part[0] && time < part[1]),
    blanked: [],
    turns: drawQueries(draw, fit, 6, absent).map((query) => ({
      question: groundingQuestion(reworded(draw, query)),
      answer: windowsAnswer(query.windows),
    })),
  }
}

/** The clip as boundary reflection shows it: some windows of one query are known and blanked, what else is there? */
export const blankedLesson = (one: Scene, draw: Random, { fps }: Now): Lesson | null => {
  const duration = durationOf(one)
  const queries = draw.shuffle(queriesOf(one).filter(({ windows }) => windows.length > 0))
  const evidence = draw.next() < 0.15 ? drawEvidence(one, draw) : undefined
  const several = queries.find(({ windows }) => windows.length > 1)
  const usual = several !== undefined && draw.next() < 0.7 ? several : queries[0]
  if (usual === undefined) return null
  const query = evidence ?? { text: reworded(draw, usual), windows: usual.windows }
  const left = query.windows.length > 1 && draw.next() < 0.75 ? draw.int(0, query.windows.length - 1) : -1
  const known = query.windows.filter((_, index) => index !== left)
  const blanked = reflectHidden(known, duration)
  const visible = Windows.complement(blanked, [0, duration])
  /** The parts of the windows in view, without those too short to recognise. */
  const inView = (windows: ReadonlyArray<Window>) =>
    visible.flatMap((part) => Windows.clip(windows, part)).filter((window) => Windows.length(window) >= 1)
  const others = drawQueries(draw, queries, 3, 0).filter((other) => inView(other.windows).length > 0)
  return {
    scene: one,
    times: frameTimes(one, fps),
    blanked,
    turns: [
      {
        question: reflectQuestion(query.text, known),
        answer: windowsAnswer(inView(query.windows)),
      },
      ...others.map((other) => ({
        question: groundingQuestion(reworded(draw, other)),
        answer: windowsAnswer(inView(other.windows)),
      })),
    ],
  }
}
