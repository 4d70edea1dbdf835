import { Effect } from 'effect'
import { type Random, random, type Sample } from '../../core/index.ts'
import {
  choiceQuestions,
  durationOf,
  type Grade,
  grades,
  groundedQuestions,
  mostRepetitions,
  type Question,
  queriesOf,
  repetitionScene,
  type Scene,
  scene,
} from '../../datasets/shapes/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { type ProcessedPrompt, processMessages } from '../../engine/processor/index.ts'
import { engineReplies, evaluateReplies, suites } from '../../eval/index.ts'
import { ask, questionOf, shapesStyle } from '../../tasks/index.ts'
import { lessonFrames } from './groups.ts'
import { frameTimes } from './lessons/draws.ts'

/** The results of an exam. Shares are in [0, 1]. */
export interface Skill {
  /** Mean IoU of the answered windows with the true ones, both taken as sets of time. */
  readonly setIou: number
  /** Mean over answers of the first window's best IoU. */
  readonly mIoU: number
  /** Share of all answers that could be read. */
  readonly parsed: number
  readonly byGrade: { readonly [grade in Grade]: number }
  /** Share of right letters: multiple choice, and grounded choice whose evidence has an IoU of at least 0.5. */
  readonly choice: number
  readonly groundedChoice: number
  /** Share of counts within one of the truth, answered at once and after thoughts. */
  readonly counting: number
  readonly thoughtCounting: number
}

/** One question of an exam with its whole prompt. */
export interface ExamQuestion {
  readonly sample: Sample
  readonly prompt: ProcessedPrompt
}

/** Questions answered at once, and counting questions that ask for thoughts. */
export interface Exam {
  readonly direct: ReadonlyArray<ExamQuestion>
  readonly thought: ReadonlyArray<ExamQuestion>
}

type Topic = 'grounding' | 'counting' | 'choice' | 'grounded-qa'

/** A clip and one question about it; null where the scene has none. */
const drawTopic = (
  topic: Topic,
  grade: Grade,
  index: number,
  draw: Random,
): { readonly scene: Scene; readonly asked: Partial<Question> & Pick<Question, 'text'> } | null => {
  if (topic === 'counting') {
    const { scene: one, question } = repetitionScene(grade, 1 + (index % mostRepetitions), 'exam', index)
    return { scene: one, asked: question }
  }
  const one = scene(grade, 'exam', index)
  const questions: ReadonlyArray<Partial<Question> & Pick<Question, 'text'>> =
    topic === 'grounding'
      ? queriesOf(one).filter(({ windows }) => windows.length > 0)
      : (topic === 'choice' ? choiceQuestions : groundedQuestions)(one, draw)
  return questions.length === 0 ? null : { scene: one, asked: draw.pick(questions) }
}

/** Questions of one topic about scenes that no lesson shows, `each` of every grade. */
const questionsOf = (
  checkpoint: Preprocessing,
  topic: Topic,
  each: number,
  fps: number,
  think = false,
): ReadonlyArray<ExamQuestion> =>
  grades.flatMap((grade) =>
    Array.from({ length: each }, (_, index) => index).flatMap((index) => {
      const parts = topic === 'grounding' ? [] : [topic]
      const drawn = drawTopic(topic, grade, index, random('pretrain exam', ...parts, grade, index))
      if (drawn === null) return []
      const { scene: one, asked } = drawn
      const name = [...parts, grade, index].join('-')
      const sample: Sample = {
        ...{ id: name, dataset: 'shapes', split: 'exam', task: topic, video: name, file: name },
        ...{ duration: durationOf(one), query: asked.text, windows: asked.windows ?? null, meta: { grade } },
        ...(asked.options !== undefined && { options: asked.options }),
        ...(asked.answer !== undefined && { answer: asked.answer }),
      }
      const clip = lessonFrames({ scene: one, times: frameTimes(one, fps), blanked: [] })
      const question = questionOf(sample, { ...shapesStyle, think })
      return [{ sample, prompt: processMessages(checkpoint, ask(clip, question)) }]
    }),
  )

/** The exam: grounding with `each` questions of every grade, every other topic with half as many. */
export const exam = (checkpoint: Preprocessing, each: number, fps: number): Exam => {
  const half = Math.ceil(each / 2)
  return {
    direct: [
      ...questionsOf(checkpoint, 'grounding', each, fps),
      ...questionsOf(checkpoint, 'counting', half, fps),
      ...questionsOf(checkpoint, 'choice', half, fps),
      ...questionsOf(checkpoint, 'grounded-qa', half, fps),
    ],
    thought: questionsOf(checkpoint, 'counting', half, fps, true),
  }
}

/** Greedy answers to questions, scored against the truth. */
const evaluated = (engine: EngineService, questions: ReadonlyArray<ExamQuestion>, maxTokens: number) => {
  const prompts = new Map(questions.map(({ sample, prompt }) => [sample.id, prompt]))
  return evaluateReplies(
    suites.shapes!,
    questions.map(({ sample }) => sample),
    engineReplies(engine, ({ id }) => prompts.get(id)!, maxTokens),
    { bootstrap: null, reader: 'strict' },
  )
}

/** Takes the exam. */
export const examine = Effect.fnUntraced(function* (engine: EngineService, { direct, thought }: Exam) {
  const { metrics, types, parseRate } = (yield* evaluated(engine, direct, 64)).evaluation.report
  // Twelve repetitions take about 90 tokens.
  const thoughts = (yield* evaluated(engine, thought, 128)).evaluation.report
  const share = (name: string, of = metrics) => (of[name] ?? 0) / 100
  const gradeMean = (grade: Grade) => (types[grade]?.metrics.msIoU ?? 0) / 100
  return {
    setIou: share('msIoU'),
    mIoU: share('mIoU'),
    parsed:
      (parseRate * direct.length + thoughts.parseRate * thought.length) / (direct.length + thought.length),
    byGrade: { easy: gradeMean('easy'), medium: gradeMean('medium'), hard: gradeMean('hard') },
    choice: share('choice'),
    groundedChoice: share('Acc@GQA'),
    counting: share('OBO'),
    thoughtCounting: share('OBO', thoughts.metrics),
  } satisfies Skill
})
