import type { Window } from '../../core/index.ts'
import { requestText, type Turn } from './prompt.ts'

/** Shares of a stride at which the rounds of a sweep start: half way first, then always in the middle of what is left. */
const offsets = [1 / 2, 0, 1 / 4, 3 / 4, 1 / 8, 5 / 8, 3 / 8, 7 / 8] as const

const sweep = (total: number, frames: number, offset: number): ReadonlyArray<number> =>
  Array.from({ length: frames }, (_, place) => Math.floor(((place + offset) * total) / frames)).filter(
    (second, place, all) => second < total && second !== all[place - 1],
  )

/** The seconds whose frame shows the evidence. */
export const showsEvidence = (seconds: ReadonlyArray<number>, evidence: ReadonlyArray<Window>): boolean =>
  // A window ends where the event does: the frame at its end no longer shows it.
  seconds.some((second) => evidence.some((window) => second >= window[0] && second < window[1]))

/**
 * What a good policy asks for in a round, or null where it answers. It answers as soon as a frame that is shown, now or
 * in an earlier round, lies within the `evidence` (seconds), and in the last round. Otherwise it gives up every frame
 * shown and sweeps the clip: evenly spaced frames, at first half a stride in, in later rounds in the middle of the gaps
 * that are left; never a frame that it has already seen. It knows from the evidence only whether it is in view, not
 * where it is, so a model that sees the frames can learn to do the same.
 *
 * Lessons for the base checkpoint and the supervised baseline of frame seeking use it; each round is one example,
 * its prompt `seekQuestion`, its reply {@link goldReply}.
 */
export const goldRequest = (
  { shown, history, total, round, rounds, frames }: Turn,
  evidence: ReadonlyArray<Window>,
): { readonly add: ReadonlyArray<number>; readonly remove: ReadonlyArray<number> } | null => {
  const seen = new Set([...shown, ...history.flat()])
  if (round >= rounds || showsEvidence([...seen], evidence)) return null
  for (const offset of [...offsets.slice(round - 1), ...offsets]) {
    const add = sweep(total, frames, offset).filter((second) => !seen.has(second))
    if (add.length > 0) return { add, remove: shown }
  }
  const left = Array.from({ length: total }, (_, second) => second).filter((second) => !seen.has(second))
  return left.length === 0 ? null : { add: left.slice(0, frames), remove: shown }
}

/** The reply of {@link goldRequest}'s policy: a request, or the answer `<answer>B</answer>` given as `answer`. */
export const goldReply = (turn: Turn, evidence: ReadonlyArray<Window>, answer: string): string => {
  const request = goldRequest(turn, evidence)
  return request === null ? answer : requestText(request.add, request.remove)
}
