import type { Guide } from '../../models/index.ts'
import {
  type Dialect,
  letterClass,
  listOptions,
  replyForm,
  type Style,
  shapesStyle,
  withThinking,
} from '../../tasks/index.ts'

/** Enters the key of every result: change a text below, and change the version. */
const versions: { readonly [dialect in Dialect]: string } = {
  shapes: 'frame-seeker/1',
  general: 'frame-seeker/1-general',
}

export const promptVersion = ({ dialect }: Pick<Style, 'dialect'>): string => versions[dialect]

/** What one round shows and allows. Frames are named by whole seconds, in order of time. */
export interface Turn {
  /** Frames shown in this round. */
  readonly shown: ReadonlyArray<number>
  /** Frames of each earlier round, the first round first. */
  readonly history: ReadonlyArray<ReadonlyArray<number>>
  /** How many frames there are to choose from: the seconds 0 to `total - 1`. */
  readonly total: number
  /** Number of this round, from 1, and of the last one. */
  readonly round: number
  readonly rounds: number
  /** Most frames shown at the same time. */
  readonly frames: number
}

/** A multiple-choice question. */
export interface SeekQuestion {
  readonly question: string
  readonly options: ReadonlyArray<string>
}

/** How options are named: by letters as in every other prompt, or by digits from 0 as Sparse-Video-R1 does. */
export type Labels = 'letters' | 'digits'

export interface SeekStyle extends Style {
  readonly labels?: Labels
}

const list = (seconds: ReadonlyArray<number>): string => seconds.join(', ')

const optionLines = (options: ReadonlyArray<string>, labels: Labels): string =>
  labels === 'letters'
    ? listOptions(options)
    : options.map((option, index) => `\n${index}: ${option}`).join('')

/** A request for other frames: `<answer>+[3, 4, 10]-[2, 5]</answer>`; the list to remove may be empty. */
export const requestText = (add: ReadonlyArray<number>, remove: ReadonlyArray<number>): string =>
  `<answer>+[${list(add)}]${remove.length === 0 ? '' : `-[${list(remove)}]`}</answer>`

const secondsList = String.raw`\[\d{1,5}(, ?\d{1,5})*\]`

/** The form of the replies to a round: an option, or before the last round a request. */
export const seekForm = (
  { options }: Pick<SeekQuestion, 'options'>,
  { round, rounds }: Pick<Turn, 'round' | 'rounds'>,
  { think, labels = 'letters' }: Pick<SeekStyle, 'think' | 'labels'>,
): Guide => {
  const answer = labels === 'letters' ? letterClass(options.length) : `[0-${options.length - 1}]`
  const request = String.raw`\+${secondsList}(-${secondsList})?`
  return replyForm(`<answer>${round >= rounds ? answer : `(${answer}|${request})`}</answer>`, { think })
}

/** The second line of the short prompts: what is shown, what was, and what there is to ask for. */
const shapesState = ({ shown, history, total, round, rounds }: Turn): string =>
  `Frames ${list(shown)} of 0 to ${total - 1}. Round ${round} of ${rounds}.${
    history.length === 0 ? '' : ` Seen: ${history.map(list).join('; ')}.`
  }`

const shapesRequest = (last: boolean, labels: Labels): string => {
  const name = labels === 'letters' ? 'letter' : 'number'
  const answer = `Answer with the ${name} as <answer>${name}</answer>`
  return last ? `${answer}.` : `${answer}, or ask for other frames as <answer>+[new]-[old]</answer>.`
}

const generalState = ({ shown, history, total, round, rounds }: Turn): string =>
  `You see ${shown.length} of the ${total} frames of a video, one for each second from 0 to ${total - 1}: the frames at ${list(
    shown,
  )} seconds. This is round ${round} of ${rounds}.${history
    .map((seconds, index) => `\nIn round ${index + 1} you saw the frames at ${list(seconds)} seconds.`)
    .join('')}`

const generalRequest = ({ rounds, round, frames }: Turn, labels: Labels): string => {
  const [name, example] = labels === 'letters' ? ['LETTER', 'A'] : ['NUMBER', '0']
  const answer = `<answer>${name}</answer>\nAn example of the form only, not of this video: <answer>${example}</answer>`
  return round >= rounds
    ? `This is the last round: end your reply with the ${name.toLowerCase()} of the right option in this form:\n${answer}`
    : `If these frames show the answer, end your reply with the ${name.toLowerCase()} of the right option in this form:\n${answer}\n\nIf they do not show it, ask for other frames instead: list after + the seconds to add and after - the seconds to remove, of which at most ${frames} may be left in all. Ask only for seconds that you have not seen. An example of the form only: <answer>+[3, 4, 10]-[2, 5]</answer>`
}

/**
 * The question of one round as a prompt of its own, which follows that round's frames: the question with its options,
 * which frames are shown, which were shown before, and that other frames may be asked for, except in the last round.
 */
export const seekQuestion = (
  { question, options }: SeekQuestion,
  turn: Turn,
  style: SeekStyle = shapesStyle,
): string => {
  const { labels = 'letters' } = style
  const lines = optionLines(options, labels)
  return withThinking(
    style.dialect === 'shapes'
      ? `${question}${lines}\n${shapesState(turn)}\n${shapesRequest(turn.round >= turn.rounds, labels)}`
      : `${generalState(turn)}\n\nQuestion: ${question}\n${lines}\n\nExactly one option is right. ${generalRequest(turn, labels)}`,
    style,
  )
}

/** The message of a later round in a growing conversation: its new frames only; question and history are above it. */
export const seekFollowUp = (turn: Turn, style: SeekStyle = shapesStyle): string => {
  const { labels = 'letters' } = style
  const now = { ...turn, history: [] }
  return withThinking(
    style.dialect === 'shapes'
      ? `${shapesState(now)}\n${shapesRequest(turn.round >= turn.rounds, labels)}`
      : `${generalState(now)}\n\n${generalRequest(turn, labels)}`,
    style,
  )
}
