import { Effect } from 'effect'
import { mean, random, Windows } from '../../core/index.ts'
import { durationOf, type Grade, grades, queriesOf, scene } from '../../datasets/shapes/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { type ProcessedPrompt, processMessages } from '../../engine/processor/index.ts'
import { groundingQuestion, parseWindows } from '../../tasks/index.ts'
import { lessonFrames } from './groups.ts'
import type { Lesson } from './lessons/index.ts'

/** What a validation measured, over all grades and for each. */
export interface Skill {
  /** Mean IoU of the answered windows with the true ones, both taken as sets of time. */
  readonly setIou: number
  /** Mean over answers of the first window's best IoU. */
  readonly mIoU: number
  readonly parsed: number
  readonly byGrade: { readonly [grade in Grade]: number }
}

interface Question {
  readonly grade: Grade
  readonly windows: Lesson['blanked']
  readonly prompt: ProcessedPrompt
}

/** Grounding questions about scenes that no lesson shows, `each` of every grade. */
export const exam = (checkpoint: Preprocessing, each: number, fps: number): ReadonlyArray<Question> =>
  grades.flatMap((grade) =>
    Array.from({ length: each }, (_, index) => {
      const draw = random('pretrain exam', grade, index)
      const one = scene(grade, 'exam', index)
      const query = draw.pick(queriesOf(one).filter(({ windows }) => windows.length > 0))
      const times = Array.from({ length: Math.floor(durationOf(one) * fps) }, (_, frame) => frame / fps)
      const clip = lessonFrames({ scene: one, times, blanked: [] })
      const content = [
        { type: 'video' as const, clip },
        { type: 'text' as const, text: groundingQuestion(query.text) },
      ]
      return {
        grade,
        windows: query.windows,
        prompt: processMessages(checkpoint, [{ role: 'user', content }]),
      }
    }),
  )

/** Greedy answers to the exam, scored against the true windows. */
export const examine = Effect.fnUntraced(function* (
  engine: EngineService,
  questions: ReadonlyArray<Question>,
) {
  const replies = yield* engine.generate(
    questions.map(({ prompt }) => prompt),
    { greedy: true, temperature: 1, topP: 1, topK: 0, maxTokens: 64, stop: [], seed: 0, n: 1 },
  )
  const marks = questions.map(({ grade, windows }, index) => {
    const answer = parseWindows(replies[index]![0]!.text)
    const first = answer?.[0]
    return {
      grade,
      parsed: answer === null ? 0 : 1,
      set: answer === null ? 0 : Windows.setIou(answer, windows),
      best: first === undefined ? 0 : Windows.bestIou(first, windows),
    }
  })
  const gradeMean = (grade: Grade) => mean(marks.filter((mark) => mark.grade === grade).map(({ set }) => set))
  return {
    setIou: mean(marks.map(({ set }) => set)),
    mIoU: mean(marks.map(({ best }) => best)),
    parsed: mean(marks.map(({ parsed }) => parsed)),
    byGrade: { easy: gradeMean('easy'), medium: gradeMean('medium'), hard: gradeMean('hard') },
  } satisfies Skill
})
