import { type Random, random } from '../../../core/index.ts'
import { type Grade, scene } from '../../../datasets/shapes/index.ts'
import { glimpseLesson } from './glimpse.ts'
import { blankedLesson, stretchLesson, wholeLesson } from './grounding.ts'
import type { Lesson, LessonKind, LessonSettings } from './lesson.ts'
import { quizLesson } from './quiz.ts'
import { verifyLesson } from './verify.ts'

export * from './lesson.ts'

const pickGrade = (draw: Random, shares: LessonSettings['grades']): Grade => {
  const at = draw.next()
  if (at < shares.easy) return 'easy'
  return at < shares.easy + shares.medium ? 'medium' : 'hard'
}

/** `count` lessons, a fraction being the chance of one more. */
const howMany = (draw: Random, count: number): number => Math.floor(count) + (draw.next() < count % 1 ? 1 : 0)

/** The lessons of one freshly drawn scene, fixed by the seed parts. `progress` through the training is in [0, 1]. */
export const lessonsOf = (
  settings: LessonSettings,
  progress: number,
  ...seed: ReadonlyArray<string | number>
): ReadonlyArray<Lesson> => {
  const draw = random('pretrain lessons', ...seed)
  const drawn = (...parts: ReadonlyArray<string | number>) =>
    scene(pickGrade(draw, settings.grades), 'pretrain', ...seed, ...parts)
  const one = drawn()
  const makers: { readonly [kind in LessonKind]: (place: number) => Lesson | null } = {
    glimpse: (place) => glimpseLesson(drawn('glimpse', place), draw, settings),
    stretch: (place) => stretchLesson(drawn('stretch', place), draw, settings),
    whole: () => wholeLesson(one, draw, settings),
    blanked: () => blankedLesson(one, draw, settings),
    verify: () => verifyLesson(one, draw, settings),
    quiz: () => quizLesson(one, draw, settings),
  }
  return (Object.keys(makers) as ReadonlyArray<LessonKind>)
    .flatMap((kind) => {
      const [first, last] = settings.shares[kind]
      const count = howMany(draw, first + (last - first) * progress)
      return Array.from({ length: count }, (_, place) => makers[kind](place))
    })
    .filter((lesson): lesson is Lesson => lesson !== null && lesson.turns.length > 0)
}
