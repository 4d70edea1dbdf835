import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import type { EngineService } from '../../engine/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { type Exam, exam, examine } from '../../lab/pretrain/exam.ts'
import { answerOf } from '../../tasks/index.ts'

/** An engine that knows what to answer to each prompt of the exam. */
const engineOf = ({ direct, thought }: Exam, answer: (right: string) => string) => {
  const answers = new Map(
    [...direct, ...thought].map(({ sample, prompt }) => [prompt, answer(answerOf(sample) ?? 'no answer')]),
  )
  return {
    generate: (prompts: ReadonlyArray<ProcessedPrompt>) =>
      Effect.succeed(
        prompts.map((prompt) => [{ text: answers.get(prompt)!, finish: 'stop', tokens: [], logProbs: [] }]),
      ),
  } as unknown as EngineService
}

it('an exam covers every task, and only its right answers score', async () => {
  const checkpoint = await Effect.runPromise(readPreprocessing('checkpoints/shapes-base'))
  const questions = exam(checkpoint, 4, 2)
  expect(new Set(questions.direct.map(({ sample }) => sample.task)).size).toBe(4)
  expect(questions.thought[0]!.prompt.text).toContain('<think></think>')
  const best = await Effect.runPromise(
    examine(
      engineOf(questions, (right) => right),
      questions,
    ),
  )
  expect(best).toEqual({
    ...{ setIou: 1, mIoU: 1, parsed: 1, byGrade: { easy: 1, medium: 1, hard: 1 } },
    ...{ choice: 1, groundedChoice: 1, counting: 1, thoughtCounting: 1 },
  })
  const worst = await Effect.runPromise(
    examine(
      engineOf(questions, () => 'I do not know'),
      questions,
    ),
  )
  expect([worst.setIou, worst.choice, worst.groundedChoice, worst.counting, worst.parsed]).toEqual([
    0, 0, 0, 0, 0,
  ])
})
