import { verifyQuestion, verifyReplies, verifyView } from '../../../agents/index.ts'
import { type Random, Windows } from '../../../core/index.ts'
import {
  colours,
  durationOf,
  events,
  held,
  queriesOf,
  type Scene,
  shapes,
  windowsOf,
} from '../../../datasets/shapes/index.ts'
import { drawEvidence } from './choice.ts'
import { frameTimes, reworded } from './draws.ts'
import type { Lesson, Now } from './lesson.ts'

/** One short range shown alone, as verification does: does it show this? Yes and no are equally frequent. */
export const verifyLesson = (one: Scene, draw: Random, { fps }: Now): Lesson | null => {
  const duration = durationOf(one)
  const queries = queriesOf(one)
  const base = draw.pick(queries)
  const centre = base.windows.length > 0 && draw.next() < 0.7 ? draw.pick(base.windows) : null
  const start = centre === null ? draw.uniform(0, duration - 2) : centre[0] + draw.uniform(-0.75, 0.75)
  const end = centre === null ? start + draw.uniform(1.5, 5) : centre[1] + draw.uniform(-0.75, 0.75)
  const range = verifyView([Math.max(0, start), Math.min(duration, Math.max(end, start + 1))], duration)
  const times = frameTimes(one, fps).filter((time) => time >= range[0] && time <= range[1])
  const evidence = draw.next() < 0.3 ? drawEvidence(one, draw) : undefined
  const seconds = Windows.coverage(Windows.clip(evidence?.windows ?? [], range))
  const clear = evidence !== undefined && (seconds === 0 || seconds >= 1)
  const judged = queries.map((query) => ({ query, seconds: held(one, query, range) }))
  const yes = draw.shuffle(judged.filter(({ seconds }) => seconds >= 1)).slice(0, 4)
  const no = judged.filter(({ seconds }) => seconds === 0).map(({ query }) => query)
  // The hardest negatives ask about something that the clip shows at another time, the easiest about something else.
  const elsewhere = draw.shuffle(no.filter(({ windows }) => windows.length > 0))
  const never = draw.shuffle(no.filter(({ windows }) => windows.length === 0))
  const who = { colour: draw.pick(colours), shape: draw.pick(shapes) }
  const foreign = [{ who, event: draw.pick(events), wording: 0 }].filter(
    (query) => windowsOf(one, query).length === 0,
  )
  const negatives = draw
    .shuffle([...foreign, ...elsewhere.slice(0, 4), ...never.slice(0, 1)])
    .slice(0, clear && seconds === 0 ? yes.length - 1 : yes.length)
  if (times.length < 2 || yes.length === 0) return null
  return {
    scene: one,
    times,
    blanked: [],
    turns: [
      ...yes.map(({ query }) => ({
        question: verifyQuestion(reworded(draw, query)),
        answer: verifyReplies[0],
      })),
      ...negatives.map((query) => ({
        question: verifyQuestion(reworded(draw, query)),
        answer: verifyReplies[1],
      })),
      ...(clear
        ? [{ question: verifyQuestion(evidence.text), answer: verifyReplies[seconds === 0 ? 1 : 0] }]
        : []),
    ],
  }
}
