import type { Sample } from '../core/index.ts'
import type { Guide } from '../models/index.ts'
import type { Style } from './dialect.ts'
import type { Reader } from './readers.ts'
import type { Reading, Reply } from './reply.ts'

/** What is asked of a sample. */
export type Asked = Pick<Sample, 'query' | 'options'>

/** What the annotation of a sample says. */
export type Annotated = Pick<Sample, 'windows' | 'answer' | 'options'>

/** The definition of one task. A task is one file with one of these. */
export interface TaskSpec {
  /** As samples and settings write it. */
  readonly name: string
  /** Whether its answers hold windows. */
  readonly grounded: boolean
  /** What else they contain: the letter of an option, a count in digits, other text, or nothing. */
  readonly answers: 'letter' | 'count' | 'text' | null
  /** The text that follows the video. */
  readonly question: (sample: Asked, style: Style) => string
  /** The right reply to the question, in the form that it asks for; null where the annotation lacks it. */
  readonly answer: (sample: Annotated) => string | null
  /** The format of every right reply, for servers that can constrain replies. */
  readonly form: (sample: Asked, style: Style) => Guide
  /** What a reply says. Total: never throws, linear in the length of the reply. */
  readonly read: (reply: Reply, sample: Pick<Sample, 'options'>, reader: Reader) => Reading
}
