import { Effect } from 'effect'
import {
  type Conversation,
  candidateCount,
  framesUsed,
  openConversation,
  proceed,
  type Rules,
  seekQuestion,
  startFrames,
  turnOf,
} from '../../agents/index.ts'
import { mean, type Sample } from '../../core/index.ts'
import {
  durationOf,
  type Grade,
  grades,
  type SeekScene,
  seekScene,
  ticksPerSecond,
} from '../../datasets/shapes/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { processMessages } from '../../engine/processor/index.ts'
import { greedy } from '../../models/index.ts'
import { ask, readReply, replyOf } from '../../tasks/index.ts'
import { lessonFrames } from './groups.ts'

/** Frame seeking: share of right letters, mean rounds, mean number of different frames, share that end in an answer. */
export interface SeekSkill {
  readonly accuracy: number
  readonly rounds: number
  readonly frames: number
  readonly answered: number
  readonly byGrade: { readonly [grade in Grade]: number }
}

interface Case {
  readonly grade: Grade
  readonly seek: SeekScene
  readonly sample: Pick<Sample, 'task' | 'options' | 'answer'>
  conversation: Conversation
  open: boolean
  answered: boolean
  right: boolean
}

const caseOf = (grade: Grade, index: number, { frames }: Rules): Case => {
  const seek = seekScene(grade, 'exam', index)
  const duration = durationOf(seek.scene)
  const total = candidateCount({ duration, fps: ticksPerSecond, frames: duration * ticksPerSecond })
  const { options = [], answer } = seek.question
  const first = startFrames('random', total, frames, 'exam', grade, index)
  return {
    ...{ grade, seek, sample: { task: 'choice', options, answer } },
    ...{ conversation: openConversation(total, first), open: true, answered: false, right: false },
  }
}

/** Greedy conversations about `each` long clips of every grade; `rounds: 1` is the baseline of one random round. */
export const seekExam = Effect.fnUntraced(function* (
  engine: EngineService,
  checkpoint: Preprocessing,
  each: number,
  rules: Rules = { frames: 5, rounds: 5, mode: 'fresh', requests: 'tolerant' },
) {
  const cases = grades.flatMap((grade) =>
    Array.from({ length: each }, (_, index) => caseOf(grade, index, rules)),
  )
  for (let round = 1; round <= rules.rounds; round++) {
    const open = cases.filter((one) => one.open)
    if (open.length === 0) break
    const prompts = open.map(({ seek, conversation }) => {
      const turn = turnOf(conversation, rules)
      const { text, options = [] } = seek.question
      const times = turn.shown.flatMap((second) => [second, second])
      const clip = lessonFrames({ scene: seek.scene, times, blanked: [] })
      return processMessages(checkpoint, ask(clip, seekQuestion({ question: text, options }, turn)))
    })
    const replies = yield* engine.generate(prompts, greedy(64))
    open.forEach((one, index) => {
      const reply = replyOf(replies[index]![0]!)
      const step = proceed(one.conversation, reply, rules)
      if (step.kind === 'look') {
        one.conversation = step.conversation
        return
      }
      one.open = false
      one.answered = step.ending === 'answered'
      const reading = readReply(one.sample, reply, 'strict')
      one.right = one.answered && reading.kind === 'answer' && reading.answer === one.sample.answer
    })
  }
  const share = (list: ReadonlyArray<Case>, of: (one: Case) => boolean) =>
    mean(list.map((one) => (of(one) ? 1 : 0)))
  const accuracy = (grade: Grade) =>
    share(
      cases.filter((one) => one.grade === grade),
      ({ right }) => right,
    )
  return {
    accuracy: share(cases, ({ right }) => right),
    rounds: mean(cases.map(({ conversation }) => conversation.rounds.length)),
    frames: mean(cases.map(({ conversation }) => framesUsed(conversation).different)),
    answered: share(cases, ({ answered }) => answered),
    byGrade: { easy: accuracy('easy'), medium: accuracy('medium'), hard: accuracy('hard') },
  } satisfies SeekSkill
})
