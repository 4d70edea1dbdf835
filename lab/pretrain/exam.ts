import { Effect } from 'effect'
import { random, type Sample } from '../../core/index.ts'
import { durationOf, type Grade, grades, queriesOf, scene } from '../../datasets/shapes/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { type ProcessedPrompt, processMessages } from '../../engine/processor/index.ts'
import { engineReplies, evaluateReplies, suites } from '../../eval/index.ts'
import { ask, questionOf } from '../../tasks/index.ts'
import { lessonFrames } from './groups.ts'

/** The results of a validation, over all grades and for each. */
export interface Skill {
  /** Mean IoU of the answered windows with the true ones, both taken as sets of time. */
  readonly setIou: number
  /** Mean over answers of the first window's best IoU. */
  readonly mIoU: number
  readonly parsed: number
  readonly byGrade: { readonly [grade in Grade]: number }
}

interface Question {
  readonly sample: Sample
  readonly prompt: ProcessedPrompt
}

/** Grounding questions about scenes that no lesson shows, `each` of every grade. */
export const exam = (checkpoint: Preprocessing, each: number, fps: number): ReadonlyArray<Question> =>
  grades.flatMap((grade) =>
    Array.from({ length: each }, (_, index) => {
      const draw = random('pretrain exam', grade, index)
      const one = scene(grade, 'exam', index)
      const query = draw.pick(queriesOf(one).filter(({ windows }) => windows.length > 0))
      const duration = durationOf(one)
      const times = Array.from({ length: Math.floor(duration * fps) }, (_, frame) => frame / fps)
      const name = `${grade}-${index}`
      const sample: Sample = {
        ...{ id: name, dataset: 'shapes', split: 'exam', task: 'grounding', video: name, file: name },
        ...{ duration, query: query.text, windows: query.windows, meta: { grade } },
      }
      const clip = lessonFrames({ scene: one, times, blanked: [] })
      return { sample, prompt: processMessages(checkpoint, ask(clip, questionOf(sample))) }
    }),
  )

/** Greedy answers to the exam, scored against the true windows. */
export const examine = Effect.fnUntraced(function* (
  engine: EngineService,
  questions: ReadonlyArray<Question>,
) {
  const prompts = new Map(questions.map(({ sample, prompt }) => [sample.id, prompt]))
  const { evaluation } = yield* evaluateReplies(
    suites.shapes!,
    questions.map(({ sample }) => sample),
    engineReplies(engine, ({ id }) => prompts.get(id)!, 64),
    { bootstrap: null, reader: 'strict' },
  )
  const { metrics, types, parseRate } = evaluation.report
  const gradeMean = (grade: Grade) => (types[grade]?.metrics.msIoU ?? 0) / 100
  return {
    setIou: (metrics.msIoU ?? 0) / 100,
    mIoU: (metrics.mIoU ?? 0) / 100,
    parsed: parseRate,
    byGrade: { easy: gradeMean('easy'), medium: gradeMean('medium'), hard: gradeMean('hard') },
  } satisfies Skill
})
