import type { Effect } from 'effect'
import type { Sample } from '../../core/index.ts'
import type { RecordedReply, ReplyShare } from '../../tasks/index.ts'

/** The result for one sample: a reply, or why there is none. */
export type SampleReply =
  | { readonly state: 'replied'; readonly reply: RecordedReply }
  /** The video is missing. */
  | { readonly state: 'absent'; readonly reason: string }
  /** The video could not be decoded, or the model did not answer. */
  | { readonly state: 'failed'; readonly reason: string }

/** Where replies come from: a model service ({@link modelReplies}) or an engine ({@link engineReplies}). */
export type ReplySource<E, R> = (
  samples: ReadonlyArray<Sample>,
) => Effect.Effect<ReadonlyMap<string, SampleReply>, E, R>

/** A sample without a reply. */
export interface UnansweredSample {
  readonly sample: string
  /** Video file, relative to the folder of videos. */
  readonly file: string
  readonly outcome: 'failed' | 'absent'
  readonly reason: string
}

/** The outcomes of the samples of a source. */
export interface ReplyTally {
  readonly samples: number
  /** How many replies there were, and how many of them could not be read. */
  readonly share: ReplyShare
  readonly unanswered: ReadonlyArray<UnansweredSample>
}

/** The share of replies that were cut off before an answer, in [0, 1]; 0 before the first. */
export const cutOffShare = ({ replies, cutOff }: ReplyShare): number => (replies === 0 ? 0 : cutOff / replies)
