import type { Layer } from 'effect'
import { random, type Window } from '../../core/index.ts'
import { layerTest, questionText, type VisionLanguageModel } from '../../models/index.ts'
import { countAnswer, listedRepetitions, listRepetitions, reasonedCount } from '../../tasks/index.ts'

/** The cycles that the reasoning writer's request tells, in seconds. */
const toldCycles = (question: string): ReadonlyArray<Window> =>
  listedRepetitions(question.split('\n').find((line) => line.includes('annotation says')) ?? '').flatMap(
    ({ window }) => (window === null ? [] : [window]),
  )

/** A chain of thought that is wrong in one way. */
const spoilt = (cycles: ReadonlyArray<Window>, kind: number): string => {
  const count = cycles.length
  const reply = (list: ReadonlyArray<Window>, total: number, answer = total) =>
    `<think>${listRepetitions(list)}. Total count: ${total}.</think>${countAnswer(answer)}`
  switch (kind) {
    case 0:
      return reply(cycles.slice(0, -1), count)
    case 1:
      return reply(cycles, count, count + 1)
    case 2:
      return reply(cycles, count + 1, count)
    default:
      return reply(
        cycles.map(([start, end]) => [start, end + 1]),
        count,
      )
  }
}

/**
 * A teacher without weights, for demonstrations and benches: it writes the cycles that it is told as the shortest chain of
 * thought, and in a share `mistakes` of its tries contradicts itself or them.
 */
export const layerTeacher = (seed: number, mistakes: number): Layer.Layer<VisionLanguageModel> =>
  layerTest({
    reply: ({ messages }, index) => {
      const question = questionText(messages)
      const cycles = toldCycles(question)
      const draw = random('teacher', seed, question, index)
      return draw.next() < mistakes ? spoilt(cycles, draw.int(0, 3)) : reasonedCount(cycles)
    },
  })
