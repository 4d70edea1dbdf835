import type { Random } from '../../../core/index.ts'
import { durationOf, type Scene, ticksPerSecond } from '../../../datasets/shapes/index.ts'
import { frameTimes } from './draws.ts'
import type { Lesson, Now } from './lesson.ts'

/** What a shape does in the second from `time`, in three words; null while it is not visible. */
const deedAt = (actor: Scene['actors'][number], time: number): string | null => {
  const middle = (time + 0.5) * ticksPerSecond
  const phase = actor.phases.find(({ end }) => middle < end)
  if (phase === undefined || phase.kind === 'absent') return null
  return `${actor.colour} ${actor.shape} ${phase.direction ?? phase.kind}`
}

/** Two seconds of a scene, and what every shape does in them: the simplest lesson. */
export const glimpseLesson = (one: Scene, draw: Random, { fps }: Now): Lesson | null => {
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
    turns: [
      { question: 'Describe the video.', answer: deeds.join(', ') || 'nothing' },
      ...deeds.map((deed) => {
        const [colour, shape, what] = deed.split(' ') as [string, string, string]
        return { question: `What does the ${colour} ${shape} do?`, answer: what }
      }),
    ],
  }
}
