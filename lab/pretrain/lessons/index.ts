import { type Random, random } from '../../../core/index.ts'
import { type Grade, scene } from '../../../datasets/shapes/index.ts'
import { glimpseLesson } from './glimpse.ts'
import { blankedLesson, stretchLesson, wholeLesson } from './grounding.ts'
import { along, type Lesson, type LessonKind, type LessonSettings, type Now } from './lesson.ts'
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
  const now: Now = { fps: settings.fps, absent: along(settings.absent, progress) }
  const makers: { readonly [kind in LessonKind]: (place: number) => Lesson | null } = {
    glimpse: (place) => glimpseLesson(drawn('glimpse', place), draw, now),
    stretch: (place) => stretchLesson(drawn('stretch', place), draw, now),
    whole: () => wholeLesson(one, draw, now),
    blanked: () => blankedLesson(one, draw, now),
    verify: () => verifyLesson(one, draw, now),
    quiz: () => quizLesson(one, draw, now),
  }
  return (Object.keys(makers) as ReadonlyArray<LessonKind>)
    .flatMap((kind) => {
      const count = howMany(draw, along(settings.shares[kind], progress))
      return Array.from({ length: count }, (_, place) => makers[kind](place))
    })
    .filter((lesson): lesson is Lesson => lesson !== null && lesson.turns.length > 0)
}
