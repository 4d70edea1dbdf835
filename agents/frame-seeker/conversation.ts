import type { Reply } from '../../tasks/index.ts'
import { type Move, readMove } from './parse.ts'
import type { Turn } from './prompt.ts'

/**
 * How later rounds are asked. `fresh`: each round is a prompt of its own with the current frames only, as in
 * Sparse-Video-R1. `growing`: each round adds its new frames to the conversation, in which all earlier ones stay.
 */
export const conversationModes = ['fresh', 'growing'] as const
export type ConversationMode = (typeof conversationModes)[number]

/**
 * What a request must be to be granted. `exact`: what Sparse-Video-R1's loop grants. `tolerant`: it may name the wrong
 * frames to remove, or none; frames shown before give way to those it adds, and it adds no more than a round may show.
 */
export const requestModes = ['exact', 'tolerant'] as const
export type RequestMode = (typeof requestModes)[number]

/** The limits of a conversation. */
export interface Rules {
  /** Most frames of a round. */
  readonly frames: number
  readonly rounds: number
  readonly mode: ConversationMode
  readonly requests: RequestMode
}

/** One round: the seconds of its frames in order of time, and what was asked for but does not exist in the clip. */
export interface Round {
  readonly shown: ReadonlyArray<number>
  readonly outside: ReadonlyArray<number>
}

/** The rounds so far, the last of which waits for its reply. */
export interface Conversation {
  /** How many frames the clip has to choose from: the seconds 0 to `total - 1`. */
  readonly total: number
  readonly rounds: ReadonlyArray<Round>
}

/**
 * Why a conversation ended. `answered`: the reply names an answer. `no answer`: it holds no answer block. Every other
 * ending is a request that is not granted, so that the question stays without an answer: it was the last round
 * (`out of rounds`), it adds nothing (`adds nothing`), asks for more frames than a round may show (`too many`), would
 * leave none (`none left`), removes a frame that is not shown (`not shown`), asks only for frames outside the clip
 * (`outside`), or only for frames that were already shown (`repeated`).
 */
export const endings = [
  'answered',
  'no answer',
  'out of rounds',
  'adds nothing',
  'too many',
  'none left',
  'not shown',
  'outside',
  'repeated',
] as const
export type Ending = (typeof endings)[number]

export type Step =
  | { readonly kind: 'end'; readonly ending: Ending }
  | { readonly kind: 'look'; readonly conversation: Conversation }

/** A conversation about a clip of `total` candidate frames whose first round shows `first`. */
export const openConversation = (total: number, first: ReadonlyArray<number>): Conversation => ({
  total,
  rounds: [{ shown: first, outside: [] }],
})

const seen = ({ rounds }: Conversation): ReadonlySet<number> => new Set(rounds.flatMap(({ shown }) => shown))

/** What the current round shows and allows: what its prompt is made of. */
export const turnOf = ({ total, rounds }: Conversation, rules: Rules): Turn => ({
  shown: rounds.at(-1)!.shown,
  history: rounds.slice(0, -1).map(({ shown }) => shown),
  total,
  round: rounds.length,
  rounds: rules.rounds,
  frames: rules.frames,
})

const end = (ending: Ending): Step => ({ kind: 'end', ending })

type Asked = Pick<Extract<Move, { readonly kind: 'request' }>, 'remove'> & {
  readonly add: ReadonlyArray<number>
}

/** Why a request is not granted by Sparse-Video-R1's rules about numbers of frames, or null. */
const against = (
  { add, remove }: Asked,
  current: ReadonlyArray<number>,
  { frames }: Pick<Rules, 'frames'>,
): Ending | null => {
  if (add.length + current.length - remove.length > frames) return 'too many'
  if (remove.length >= current.length + add.length) return 'none left'
  return remove.some((second) => !current.includes(second)) ? 'not shown' : null
}

/**
 * What follows from a reply, by Sparse-Video-R1's rules: its answer ends the conversation, and so does a request that
 * cannot be granted; any other request gives the next round. In addition a request must bring at least one frame that
 * no earlier round has shown, so that a model cannot go in circles, and frames are shown in order of time. In a growing
 * conversation earlier frames stay in view: only new frames count, and there is nothing to remove.
 */
export const proceed = (conversation: Conversation, reply: Pick<Reply, 'text'>, rules: Rules): Step => {
  const { frames, rounds, mode } = rules
  const move = readMove(reply)
  if (move.kind === 'none') return end('no answer')
  if (move.kind === 'answer') return end('answered')
  if (move.add === null || move.add.length === 0) return end('adds nothing')
  if (conversation.rounds.length >= rounds) return end('out of rounds')
  const current = mode === 'fresh' ? conversation.rounds.at(-1)!.shown : []
  const asked: Asked = { add: move.add, remove: mode === 'fresh' ? move.remove : [] }
  const refusal = rules.requests === 'exact' ? against(asked, current, rules) : null
  if (refusal !== null) return end(refusal)
  const { total } = conversation
  const inside = [...new Set(asked.add)].filter((second) => second < total)
  if (inside.length === 0) return end('outside')
  const before = seen(conversation)
  const wanted = mode === 'fresh' ? inside : inside.filter((second) => !before.has(second))
  const added = rules.requests === 'exact' ? wanted : wanted.slice(0, frames)
  if (added.every((second) => before.has(second))) return end('repeated')
  const kept = current.filter((second) => !asked.remove.includes(second) && !added.includes(second))
  const shown = [...added, ...(rules.requests === 'exact' ? kept : kept.slice(0, frames - added.length))]
  // A list that removes one frame twice makes room for one less than it says.
  if (shown.length > frames) return end('too many')
  const round: Round = {
    shown: shown.toSorted((a, b) => a - b),
    outside: asked.add.filter((second) => second >= total),
  }
  return { kind: 'look', conversation: { ...conversation, rounds: [...conversation.rounds, round] } }
}

/** Frames shown in all rounds together, and how many of them were different ones. */
export const framesUsed = (conversation: Pick<Conversation, 'rounds' | 'total'>) => ({
  shown: conversation.rounds.reduce((sum, { shown }) => sum + shown.length, 0),
  different: seen(conversation).size,
})
