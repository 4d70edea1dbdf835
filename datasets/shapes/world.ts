import { type Random, random, type Sample, type Window, Windows } from '../../core/index.ts'
import { compose } from './compose.ts'
import { matched } from './match.ts'
import { drawPlan, drawTicks, type Plan } from './plan.ts'
import { textOf, windowsOf } from './query.ts'
import { choiceQuestions, countingQuestions, groundedQuestions, type Question } from './question.ts'
import { mostRepetitions, repetitionScene } from './repetition.ts'
import { durationOf, type Grade, grades, type Scene, secondsOf, ticksPerSecond } from './scene.ts'
import { seekScene } from './seek.ts'

/** One split of a world. */
export interface SplitSettings {
  readonly split: string
  readonly videos: number
  /** Further videos, each of one repeated movement with a counting question; none where absent. */
  readonly repetitions?: number
  /**
   * Of those: `even` (the default), every count is as frequent; `skewed`, each is 0.7 times as frequent as the one
   * below.
   */
  readonly counts?: 'even' | 'skewed'
  /** Further long videos whose question only a few seconds answer, for frame seeking; none where absent. */
  readonly seeks?: number
}

export interface WorldSettings {
  readonly seed: number
  readonly splits: ReadonlyArray<SplitSettings>
  /** Share of the grounding annotations that leave out one true window. */
  readonly partial: number
  /** How often each grade is drawn, relative to the others. */
  readonly grades: { readonly [grade in Grade]: number }
  /** Grounding annotations a video. */
  readonly queries: number
}

export const defaultWorldSettings: Omit<WorldSettings, 'seed' | 'splits'> = {
  partial: 0.4,
  grades: { easy: 1, medium: 1, hard: 1 },
  queries: 2,
}

/** The ground truth of a sample; never shown to an agent or a model. */
export interface Truth {
  readonly id: string
  readonly video: string
  readonly task: Sample['task']
  readonly grade: Grade
  /** Whether the annotation leaves out a true window. */
  readonly partial: boolean
  /** Every true window. */
  readonly windows: ReadonlyArray<Window> | null
  /** The true windows left out of the annotation. */
  readonly hidden: ReadonlyArray<Window>
}

type Draft = Omit<Sample, 'dataset' | 'split'>

/** One video of the world with its annotations. */
export interface WorldVideo {
  readonly video: string
  readonly scene: Scene
  readonly samples: ReadonlyArray<Draft>
  readonly truths: ReadonlyArray<Truth>
}

/** `count` things dealt out in proportion to their weights (largest remainders first), in random order. */
const deal = (draw: Random, count: number, weights: WorldSettings['grades']): ReadonlyArray<Grade> => {
  const total = grades.reduce((sum, grade) => sum + weights[grade], 0)
  const shares = grades.map((grade) => ({ grade, exact: (count * weights[grade]) / total }))
  const dealt = shares.flatMap(({ grade, exact }) => Array.from({ length: Math.floor(exact) }, () => grade))
  const rest = shares.toSorted((a, b) => (b.exact % 1) - (a.exact % 1)).map(({ grade }) => grade)
  return draw.shuffle([...dealt, ...rest.slice(0, count - dealt.length)])
}

const questionSample = (id: string, video: string, duration: number, question: Question): Draft => ({
  id,
  task: question.task,
  video,
  file: `${video}.mp4`,
  duration,
  query: question.text,
  windows: question.windows ?? null,
  ...(question.options === undefined ? {} : { options: question.options }),
  answer: question.answer,
  ...(question.cycles === undefined
    ? {}
    : { meta: { cycles: question.cycles.map((cycle) => cycle.map((time) => time * ticksPerSecond)) } }),
})

const questionTruth = ({ id, video, task, windows }: Draft, grade: Grade): Truth => ({
  id,
  video,
  task,
  grade,
  partial: false,
  windows: windows === null ? null : Windows.merge(windows),
  hidden: [],
})

/** A question from the pool, every answer as likely as the others: most things never happen, so most counts are zero. */
const pickFairly = (draw: Random, pool: ReadonlyArray<Question>): Question => {
  const answer = draw.pick([...new Set(pool.map((question) => question.answer))])
  return draw.pick(pool.filter((question) => question.answer === answer))
}

/** The annotations of one video: a grounding annotation for each plan, and one question of each other task it allows. */
const describe = (
  draw: Random,
  video: string,
  scene: Scene,
  casts: ReadonlyArray<{ readonly plan: Plan; readonly hidden: boolean }>,
): WorldVideo => {
  const duration = durationOf(scene)
  const grounding = casts.map(({ plan, hidden }, index) => {
    const id = `${video}.g${index}`
    return {
      sample: {
        id,
        task: 'grounding' as const,
        video,
        file: `${video}.mp4`,
        duration,
        query: textOf(plan),
        windows: plan.shown.map(secondsOf),
      },
      truth: {
        id,
        video,
        task: 'grounding' as const,
        grade: scene.grade,
        partial: hidden,
        windows: windowsOf(scene, plan),
        hidden: hidden ? [secondsOf(plan.reserve)] : [],
      },
    }
  })
  const pools = [
    ['n', countingQuestions(scene)],
    ['c', choiceQuestions(scene, draw)],
    ['q', groundedQuestions(scene, draw)],
  ] as const
  const asked = pools.flatMap(([mark, pool]) =>
    pool.length === 0 ? [] : [questionSample(`${video}.${mark}0`, video, duration, pickFairly(draw, pool))],
  )
  return {
    video,
    scene,
    samples: [...grounding.map(({ sample }) => sample), ...asked],
    truths: [
      ...grounding.map(({ truth }) => truth),
      ...asked.map((sample) => questionTruth(sample, scene.grade)),
    ],
  }
}

/** Features available to a rule that ignores the video. */
const features = (plan: Plan, ticks: number, place: number): ReadonlyArray<number> => {
  const first = plan.shown[0]!
  const last = plan.shown.at(-1)!
  const shown = plan.shown.reduce((sum, [start, end]) => sum + end - start, 0)
  const query = textOf(plan)
  return [
    shown,
    shown / ticks,
    first[0],
    last[1],
    plan.shown.length,
    Math.max(first[0], ticks - last[1]),
    query.length,
    query.split(' ').length,
    ticks,
    place,
  ]
}

/** A count; `skewed` ones are each 0.7 times as frequent as the one below. */
const drawCount = (draw: Random, counts: SplitSettings['counts']): number => {
  const weights = Array.from({ length: mostRepetitions }, (_, index) =>
    counts === 'skewed' ? 0.7 ** index : 1,
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const at = draw.next() * total
  let below = 0
  return (
    1 +
    weights.findIndex((weight, index) => {
      below += weight
      return at < below || index === mostRepetitions - 1
    })
  )
}

/** The videos of a split that show one repeated movement each. */
export const repetitionVideos = (
  { seed, grades: weights }: Pick<WorldSettings, 'seed' | 'grades'>,
  { split, repetitions = 0, counts }: SplitSettings,
): ReadonlyArray<WorldVideo> => {
  const draw = random('shapes repetitions', seed, split)
  return deal(draw, repetitions, weights).map((grade, index) => {
    const count = drawCount(draw, counts)
    const { scene, question } = repetitionScene(grade, count, seed, split, index)
    const video = `${split}-r${String(index).padStart(5, '0')}`
    const sample = questionSample(`${video}.n0`, video, durationOf(scene), question)
    return { video, scene, samples: [sample], truths: [questionTruth(sample, grade)] }
  })
}

/** The long videos of a split, each with a choice question whose `windows` are the seconds that show the answer. */
export const seekVideos = (
  { seed, grades: weights }: Pick<WorldSettings, 'seed' | 'grades'>,
  { split, seeks = 0 }: SplitSettings,
): ReadonlyArray<WorldVideo> =>
  deal(random('shapes seeks', seed, split), seeks, weights).map((grade, index) => {
    const { scene, question, evidence } = seekScene(grade, seed, split, index)
    const video = `${split}-s${String(index).padStart(5, '0')}`
    const sample = questionSample(`${video}.c0`, video, durationOf(scene), { ...question, windows: evidence })
    return { video, scene, samples: [sample], truths: [questionTruth(sample, grade)] }
  })

/**
 * The videos of one split, in a random order, without those of repetitions.
 *
 * Partial and complete annotations are matched so that only the video distinguishes them. Videos come as twins:
 * two different scenes about which the same is annotated: same query, same shown windows, same duration. In a share of
 * the pairs (twice the partial share) one of the two, at random, shows the event once more; in the others both or
 * neither do, assigned so that the annotation does not reveal it (`matched`).
 */
export const worldVideos = (
  settings: WorldSettings,
  { split, videos }: SplitSettings,
): ReadonlyArray<WorldVideo> => {
  const draw = random('shapes world', settings.seed, split)
  const pairs = deal(draw, Math.ceil(videos / 2), settings.grades).map((grade, pair) => {
    const own = random('shapes pair', settings.seed, split, pair)
    const ticks = drawTicks(own)
    const plans: Array<Plan> = []
    while (plans.length < settings.queries)
      plans.push(drawPlan(own, { grade, ticks, taken: plans, loose: plans.length === 0 }))
    return { grade, ticks, plans, first: plans.map(() => own.int(0, 1)) }
  })
  const slots = pairs.flatMap(({ plans, ticks }, pair) => plans.map((plan) => features(plan, ticks, pair)))
  // How many of the two annotations of each slot are partial: 0, 1 or 2.
  const partial = Math.round(2 * slots.length * settings.partial)
  const both = Math.max(0, partial - slots.length)
  const mixed = partial - 2 * both
  const counts = matched(
    draw,
    slots.map((_, index) => (index < both ? 2 : index < both + mixed ? 1 : 0)),
    (slots[0] ?? []).map((_, feature) => slots.map((values) => values[feature]!)),
  )
  // Twins stay close together, so that every part of the file has both kinds in equal shares.
  const names = Array.from({ length: Math.ceil(pairs.length / 2) }, (_, hand) => hand * 4).flatMap((from) =>
    draw.shuffle(Array.from({ length: Math.min(4, 2 * pairs.length - from) }, (_, place) => from + place)),
  )
  const twins = pairs.flatMap(({ grade, ticks, plans, first }, pair) =>
    [0, 1].map((side) => {
      const name = names[pair * 2 + side]!
      const casts = plans.map((plan, index) => {
        const count = counts[pair * settings.queries + index]!
        return { plan, hidden: count === 2 || (count === 1 && first[index] === side) }
      })
      const seed = `${settings.seed}/${split}/${pair}/${side}`
      return { name, seed, grade, ticks, casts }
    }),
  )
  return twins
    .toSorted((a, b) => a.name - b.name)
    .slice(0, videos)
    .map(({ name, seed, grade, ticks, casts }) =>
      describe(
        random('shapes questions', seed),
        `${split}-${String(name).padStart(5, '0')}`,
        compose(seed, grade, ticks, casts),
        casts,
      ),
    )
}
