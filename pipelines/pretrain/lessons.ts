import {
  choiceAnswer,
  choiceQuestion,
  countAnswer,
  countingQuestion,
  groundedAnswer,
  groundedQuestion,
  groundingQuestion,
  reflectHidden,
  reflectQuestion,
  verifyQuestion,
  verifyReplies,
  verifyView,
  windowsAnswer,
} from '../../agents/index.ts'
import { type Random, random, type Window, Windows } from '../../core/index.ts'
import {
  type Asked,
  choiceQuestions,
  colours,
  countingQuestions,
  durationOf,
  events,
  type Grade,
  groundedQuestions,
  held,
  type Query,
  queriesOf,
  type Scene,
  scene,
  shapes,
  textOf,
  ticksPerSecond,
  windowsOf,
  wordings,
} from '../../datasets/shapes/index.ts'
import { oneDecimal } from '../../engine/processor/index.ts'

/** Several questions about one view of one clip; the view is computed once for all of them. */
export interface Lesson {
  readonly scene: Scene
  /** Times of the frames shown, in seconds. */
  readonly times: ReadonlyArray<number>
  /** Frames whose time lies in here are blanked. */
  readonly blanked: ReadonlyArray<Window>
  readonly turns: ReadonlyArray<{ readonly question: string; readonly answer: string }>
}

/**
 * Kinds of lesson: what two seconds of another scene show; the clip told second by second; when things happen; the same of a clip that boundary reflection or the
 * curriculum has partly blanked; a short range to be verified; counting and choice.
 */
export type LessonKind = 'glimpse' | 'caption' | 'whole' | 'blanked' | 'verify' | 'quiz'

/** What the lessons are like. The defaults made the shipped checkpoint. */
export interface LessonSettings {
  /** Share of each grade among the scenes. Hard is left out, so that training afterwards has something to gain. */
  readonly grades: { readonly [grade in Grade]: number }
  /**
   * Each boundary of a grounding answer is moved outwards by up to so many seconds, as people who annotate in a hurry
   * do. It leaves precision to be learnt from rewards.
   */
  readonly loose: number
  /** Lessons of each kind that a scene gives on average, at the first step and at the last. */
  readonly shares: { readonly [kind in LessonKind]: readonly [first: number, last: number] }
  /** Frames per second. */
  readonly fps: number
}

export const lessonDefaults: LessonSettings = {
  grades: { easy: 0.6, medium: 0.4, hard: 0 },
  loose: 0,
  // Seeing is learnt first, from many short glimpses; what to answer with it later.
  shares: {
    glimpse: [12, 1],
    caption: [0.1, 0.1],
    whole: [0.2, 1.2],
    blanked: [0, 0.4],
    verify: [0.4, 0.8],
    quiz: [0, 0.15],
  },
  fps: 2,
}

const frameTimes = (one: Scene, fps: number): ReadonlyArray<number> =>
  Array.from({ length: Math.floor(durationOf(one) * fps) }, (_, index) => index / fps)

const pickGrade = (draw: Random, shares: LessonSettings['grades']): Grade => {
  const at = draw.next()
  if (at < shares.easy) return 'easy'
  return at < shares.easy + shares.medium ? 'medium' : 'hard'
}

const reworded = (draw: Random, query: Query): string =>
  textOf({ ...query, wording: draw.int(0, wordings - 1) })

/** Boundaries moved outwards by 0 to `most` seconds, in half seconds. */
const loosen = (
  draw: Random,
  windows: ReadonlyArray<Window>,
  duration: number,
  most: number,
): ReadonlyArray<Window> =>
  Windows.merge(
    windows.map(
      ([start, end]): Window => [
        Math.max(0, start - draw.int(0, most * 2) / 2),
        Math.min(duration, end + draw.int(0, most * 2) / 2),
      ],
    ),
  )

/** Up to `count` queries, four of five with an answer: "none" must be common enough to learn and rare enough to matter. */
const drawQueries = (draw: Random, queries: ReadonlyArray<Asked>, count: number): ReadonlyArray<Asked> => {
  const shown = draw.shuffle(queries.filter(({ windows }) => windows.length > 0))
  const absent = draw.shuffle(queries.filter(({ windows }) => windows.length === 0))
  return Array.from({ length: count }, () => (draw.next() < 0.8 ? shown.pop() : absent.pop())).filter(
    (query) => query !== undefined,
  )
}

/** What a shape does in the second from `time`, in three words; null while it does not show. */
const deedAt = (actor: Scene['actors'][number], time: number): string | null => {
  const middle = (time + 0.5) * ticksPerSecond
  const phase = actor.phases.find(({ end }) => middle < end)
  if (phase === undefined || phase.kind === 'absent') return null
  return `${actor.colour} ${actor.shape} ${phase.direction ?? phase.kind}`
}

/** Two seconds of a scene, and what every shape does in them: the shortest way from pixels to words. */
const glimpseLesson = (one: Scene, draw: Random, { fps }: LessonSettings): Lesson | null => {
  const starts = draw.shuffle(
    Array.from({ length: 2 * Math.floor(durationOf(one)) - 3 }, (_, half) => half / 2),
  )
  const steady = (start: number) =>
    one.actors.every((actor) => deedAt(actor, start - 0.5) === deedAt(actor, start + 1.4))
  const start = starts.find(steady)
  if (start === undefined) return null
  const deeds = one.actors
    .map((actor) => deedAt(actor, start + 0.5))
    .filter((deed) => deed !== null)
    .toSorted()
  return {
    scene: one,
    times: frameTimes(one, fps).filter((time) => time >= start && time < start + 2),
    blanked: [],
    turns: [{ question: 'Describe the video.', answer: deeds.join(', ') || 'nothing' }],
  }
}

/**
 * The clip told second by second, each after the time that stands before its frames in the prompt: every word is about
 * what is seen at one place, so seeing is learnt from it fastest.
 */
const captionLesson = (one: Scene, { fps }: LessonSettings): Lesson => {
  const told = Array.from({ length: Math.floor(durationOf(one)) }, (_, second) => {
    const deeds = one.actors
      .map((actor) => deedAt(actor, second))
      .filter((deed) => deed !== null)
      .toSorted()
    return `<${oneDecimal(second + 0.5 / fps)} seconds>${deeds.join(', ')}`
  })
  return {
    scene: one,
    times: frameTimes(one, fps),
    blanked: [],
    turns: [{ question: 'Describe the video.', answer: told.join('') }],
  }
}

/** Counting and both kinds of choice, in a lesson of their own because their questions are twice as long. */
const quizLesson = (one: Scene, draw: Random, { fps }: LessonSettings): Lesson => {
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

/** The whole clip: when does each of several things happen? */
const wholeLesson = (one: Scene, draw: Random, { fps, loose }: LessonSettings): Lesson => {
  const duration = durationOf(one)
  const turns = drawQueries(draw, queriesOf(one), 8).map((query) => ({
    question: groundingQuestion(reworded(draw, query)),
    answer: windowsAnswer(loosen(draw, query.windows, duration, loose)),
  }))
  return { scene: one, times: frameTimes(one, fps), blanked: [], turns }
}

/** The clip as boundary reflection shows it: some windows of one query are known and blanked, what else is there? */
const blankedLesson = (one: Scene, draw: Random, { fps, loose }: LessonSettings): Lesson | null => {
  const duration = durationOf(one)
  const queries = draw.shuffle(queriesOf(one).filter(({ windows }) => windows.length > 0))
  const several = queries.find(({ windows }) => windows.length > 1)
  const query = several !== undefined && draw.next() < 0.7 ? several : queries[0]
  if (query === undefined) return null
  const left = query.windows.length > 1 && draw.next() < 0.75 ? draw.int(0, query.windows.length - 1) : -1
  const known = query.windows.filter((_, index) => index !== left)
  const blanked = reflectHidden(known, duration)
  const visible = Windows.complement(blanked, [0, duration])
  /** What remains of the windows in view, shreds too short to be told left out. */
  const inView = (windows: ReadonlyArray<Window>) =>
    visible.flatMap((part) => Windows.clip(windows, part)).filter((window) => Windows.length(window) >= 1)
  const others = drawQueries(draw, queries, 3).filter((other) => inView(other.windows).length > 0)
  return {
    scene: one,
    times: frameTimes(one, fps),
    blanked,
    turns: [
      {
        question: reflectQuestion(reworded(draw, query), known),
        answer: windowsAnswer(loosen(draw, inView(query.windows), duration, loose)),
      },
      ...others.map((other) => ({
        question: groundingQuestion(reworded(draw, other)),
        answer: windowsAnswer(loosen(draw, inView(other.windows), duration, loose)),
      })),
    ],
  }
}

/** One short range shown alone, as verification does: does it show this? As many yes as no. */
const verifyLesson = (one: Scene, draw: Random, { fps }: LessonSettings): Lesson | null => {
  const duration = durationOf(one)
  const queries = queriesOf(one)
  const base = draw.pick(queries)
  const centre = base.windows.length > 0 && draw.next() < 0.7 ? draw.pick(base.windows) : null
  const start = centre === null ? draw.uniform(0, duration - 2) : centre[0] + draw.uniform(-0.75, 0.75)
  const end = centre === null ? start + draw.uniform(1.5, 5) : centre[1] + draw.uniform(-0.75, 0.75)
  const range = verifyView([Math.max(0, start), Math.min(duration, Math.max(end, start + 1))], duration)
  const times = frameTimes(one, fps).filter((time) => time >= range[0] && time <= range[1])
  const judged = queries.map((query) => ({ query, seconds: held(one, query, range) }))
  const yes = draw.shuffle(judged.filter(({ seconds }) => seconds >= 1)).slice(0, 4)
  const no = judged.filter(({ seconds }) => seconds === 0).map(({ query }) => query)
  // The hardest negatives speak of something that the clip shows at another time, the easiest of something else.
  const elsewhere = draw.shuffle(no.filter(({ windows }) => windows.length > 0))
  const never = draw.shuffle(no.filter(({ windows }) => windows.length === 0))
  const foreign = Array.from({ length: 2 }, () => ({
    who: { colour: draw.pick(colours), shape: draw.pick(shapes) },
    event: draw.pick(events),
    wording: 0,
  })).filter((query) => windowsOf(one, query).length === 0)
  const negatives = draw
    .shuffle([...foreign, ...elsewhere.slice(0, 2), ...never.slice(0, 1)])
    .slice(0, yes.length)
  if (times.length < 2 || yes.length === 0) return null
  return {
    scene: one,
    times,
    blanked: [],
    turns: [
      ...yes.map(({ query }) => ({
        question: verifyQuestion(reworded(draw, query)),
        answer: verifyReplies[0],
      })),
      ...negatives.map((query) => ({
        question: verifyQuestion(reworded(draw, query)),
        answer: verifyReplies[1],
      })),
    ],
  }
}

/** `count` lessons, a fraction being the chance of one more. */
const times = (draw: Random, count: number): number => Math.floor(count) + (draw.next() < count % 1 ? 1 : 0)

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
    caption: () => captionLesson(one, settings),
    whole: () => wholeLesson(one, draw, settings),
    blanked: () => blankedLesson(one, draw, settings),
    verify: () => verifyLesson(one, draw, settings),
    quiz: () => quizLesson(one, draw, settings),
  }
  return (Object.keys(makers) as ReadonlyArray<LessonKind>)
    .flatMap((kind) => {
      const [first, last] = settings.shares[kind]
      const count = times(draw, first + (last - first) * progress)
      return Array.from({ length: count }, (_, place) => makers[kind](place))
    })
    .filter((lesson) => lesson !== null)
}
