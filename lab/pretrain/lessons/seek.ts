import {
  candidateCount,
  goldReply,
  goldRequest,
  seekQuestion,
  showsEvidence,
  startFrames,
  type Turn,
} from '../../../agents/index.ts'
import { letter, type Random, type Window } from '../../../core/index.ts'
import {
  colours,
  durationOf,
  type Grade,
  type Scene,
  type SeekScene,
  seekScene,
  shapes,
  ticksPerSecond,
  type Who,
  windowsOf,
} from '../../../datasets/shapes/index.ts'
import { choiceAnswer } from '../../../tasks/index.ts'
import type { Exchange, Lesson } from './lesson.ts'

/** Most frames of a round. */
const frames = 5

/** A question of frame seeking, its answer, and the seconds that show it. */
interface Sought {
  readonly text: string
  readonly options: ReadonlyArray<string>
  readonly answer: string
  readonly evidence: ReadonlyArray<Window>
}

/** The same question about the other shapes of the clip that no other shares the colour or the form of. */
const others = ({ actors, ...rest }: Scene, draw: Random): ReadonlyArray<Sought> =>
  actors.slice(1).flatMap((actor): ReadonlyArray<Sought> => {
    const byShape = draw.next() < 0.5
    const who: Who = byShape ? { shape: actor.shape } : { colour: actor.colour }
    const alike = actors.filter(({ colour, shape }) => colour === who.colour || shape === who.shape)
    if (alike.length > 1) return []
    const right = byShape ? actor.colour : actor.shape
    const names: ReadonlyArray<string> = byShape ? colours : shapes
    const wrong = draw.shuffle(names.filter((name) => name !== right)).slice(0, 3)
    const options = draw.shuffle([right, ...wrong])
    return [
      {
        text: byShape ? `Which colour has the ${actor.shape}?` : `Which shape is ${actor.colour}?`,
        options,
        answer: letter(options.indexOf(right)),
        evidence: windowsOf({ actors, ...rest }, { who, event: 'visible' }),
      },
    ]
  })

/** The same in one word and without options: what the frames in view show of it, the part that must be seen. */
const plainly = ({ text, options, answer, evidence }: Sought, { shown }: Turn): Exchange => ({
  question: text,
  answer: showsEvidence(shown, evidence) ? options[answer.charCodeAt(0) - 65]! : 'nothing',
})

const exchange = ({ text, options, answer, evidence }: Sought, turn: Turn): Exchange => ({
  question: seekQuestion({ question: text, options }, turn),
  answer: goldReply(turn, evidence, choiceAnswer(answer)),
})

const target = ({ question: { text, options = [], answer }, evidence }: SeekScene): Sought => ({
  ...{ text, options, answer, evidence },
})

/**
 * The rounds of one conversation of frame seeking, each a lesson of its own: what a good policy asks for, and its answer;
 * and in the same round, about the other shapes. Every frame is shown as a pair with itself, as a single image is.
 */
export const seekLessons = (
  grade: Grade,
  seed: ReadonlyArray<string | number>,
  draw: Random,
): ReadonlyArray<Lesson> => {
  const seek = seekScene(grade, ...seed)
  const { scene } = seek
  const sought = target(seek)
  const more = others(scene, draw)
  const duration = durationOf(scene)
  const total = candidateCount({ duration, fps: ticksPerSecond, frames: duration * ticksPerSecond })
  const rounds = draw.next() < 0.6 ? 5 : draw.int(1, 4)
  const lessons: Array<Lesson> = []
  let shown = startFrames('all', total, frames, ...seed)
  const history: Array<ReadonlyArray<number>> = []
  for (let round = 1; round <= rounds; round++) {
    const turn = { shown, history: [...history], total, round, rounds, frames }
    // What an earlier round has shown would have been answered then, and is not in view now.
    const open = more.filter(({ evidence }) => !showsEvidence(history.flat(), evidence))
    lessons.push({
      scene,
      times: shown.flatMap((second) => [second, second]),
      blanked: [],
      turns: [sought, ...open].flatMap((one) => [exchange(one, turn), plainly(one, turn)]),
    })
    const request = goldRequest(turn, sought.evidence)
    if (request === null) break
    history.push(shown)
    shown = request.add
  }
  return lessons
}
