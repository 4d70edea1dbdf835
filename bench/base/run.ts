/**
 * What a shapes checkpoint can do, and what reinforcement would find: greedy scores of every task by grade, frame seeking in
 * five rounds and in one, losses with the frames and without, and the share of constant groups among 8 rollouts. JSON.
 *
 *   node bench/base/run.ts [--checkpoint checkpoints/shapes-base] [--questions 64] [--threads 2]
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { NodeRuntime } from '@effect/platform-node'
import { Console, Effect } from 'effect'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { Engine, engineLayer } from '../../engine/index.ts'
import { exam, examine } from '../../lab/pretrain/exam.ts'
import { lessonDefaults } from '../../lab/pretrain/lessons/index.ts'
import { seekExam } from '../../lab/pretrain/seek-exam.ts'
import { sight } from '../../lab/pretrain/sight.ts'
import { spread } from './spread.ts'

const { values } = parseArgs({
  options: {
    checkpoint: { type: 'string', default: 'checkpoints/shapes-base' },
    questions: { type: 'string', default: '64' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})
const questions = Number(values.questions)

const program = Effect.gen(function* () {
  const checkpoint = yield* readCheckpoint(values.checkpoint)
  const engine = yield* Engine
  const asked = exam(checkpoint, questions, lessonDefaults.fps)
  const half = Math.ceil(questions / 2)
  yield* Console.log(
    JSON.stringify(
      {
        skill: yield* examine(engine, asked),
        seek: yield* seekExam(engine, checkpoint, half),
        oneRound: yield* seekExam(engine, checkpoint, half, {
          frames: 5,
          rounds: 1,
          mode: 'fresh',
          requests: 'tolerant',
        }),
        sight: yield* sight(engine, checkpoint, lessonDefaults),
        spread: yield* spread(engine, asked.direct),
        thoughtSpread: yield* spread(engine, asked.thought),
      },
      null,
      2,
    ),
  )
})

NodeRuntime.runMain(
  program.pipe(
    Effect.scoped,
    Effect.provide(
      engineLayer({ checkpoint: values.checkpoint, device: 'cpu', threads: Number(values.threads) }),
    ),
  ),
)
