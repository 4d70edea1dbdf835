import { type Random, random } from '../../../core/index.ts'
import { type Grade, scene } from '../../../datasets/shapes/index.ts'
import { choiceLesson, groundedLesson } from './choice.ts'
import { countingLesson } from './counting.ts'
import { glimpseLesson } from './glimpse.ts'
import { blankedLesson, stretchLesson, wholeLesson } from './grounding.ts'
import { along, type Lesson, type LessonKind, type LessonSettings, lessonKinds, type Now } from './lesson.ts'
import { seekLessons } from './seek.ts'
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
  const grade = () => pickGrade(draw, settings.grades)
  const drawn = (...parts: ReadonlyArray<string | number>) => scene(grade(), 'pretrain', ...seed, ...parts)
  const one = drawn()
  const now: Now = { fps: settings.fps, absent: along(settings.absent, progress) }
  const alone = (lesson: Lesson | null) => (lesson === null ? [] : [lesson])
  const makers: { readonly [kind in LessonKind]: (place: number) => ReadonlyArray<Lesson> } = {
    glimpse: (place) => alone(glimpseLesson(drawn('glimpse', place), draw, now)),
    stretch: (place) => alone(stretchLesson(drawn('stretch', place), draw, now)),
    whole: () => [wholeLesson(one, draw, now)],
    blanked: () => alone(blankedLesson(one, draw, now)),
    verify: () => alone(verifyLesson(one, draw, now)),
    counting: (place) => [countingLesson(grade(), ['pretrain', ...seed, place], draw, now)],
    choice: () => [choiceLesson(one, draw, now)],
    grounded: () => [groundedLesson(one, draw, now)],
    seek: (place) => seekLessons(grade(), ['pretrain', ...seed, place], draw),
  }
  return lessonKinds
    .flatMap((kind) => {
      const count = howMany(draw, along(settings.shares[kind], progress))
      return Array.from({ length: count }, (_, place) => makers[kind](place)).flat()
    })
    .filter(({ turns }) => turns.length > 0)
}

/** What decides the lessons of every step. */
export interface LessonDraw {
  readonly settings: LessonSettings
  readonly steps: number
  /** Scenes a step. */
  readonly scenes: number
  readonly seed: ReadonlyArray<string | number>
}

/** The lessons of one step, of freshly drawn scenes. */
export const lessonsOfStep = (
  { settings, steps, scenes, seed }: LessonDraw,
  step: number,
): ReadonlyArray<Lesson> =>
  Array.from({ length: scenes }, (_, index) => lessonsOf(settings, step / steps, ...seed, step, index)).flat()
