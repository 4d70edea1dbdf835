import { holdsThoughts, type YesNo } from './lenient/index.ts'
import type { Reading, Reply } from './reply.ts'

/** How many replies were read, and what was wrong with those that could not be. */
export interface ReplyShare {
  readonly replies: number
  /** Cut off at the limit of tokens. */
  readonly cutOff: number
  /** Of those, or of the ones below: with thoughts. */
  readonly thinking: number
  /** Ended by themselves and held no answer that can be read. */
  readonly unread: number
}

export const noReplies: ReplyShare = { replies: 0, cutOff: 0, thinking: 0, unread: 0 }

/** The share with one more reply and its reading. */
export const countReply = (share: ReplyShare, reply: Reply, reading: Reading | YesNo): ReplyShare => {
  if (reading.kind !== 'unreadable') return { ...share, replies: share.replies + 1 }
  const cut = reading.why === 'cut off'
  const thoughts = (reply.reasoning ?? '').trim() !== '' || holdsThoughts(reply.text)
  return {
    replies: share.replies + 1,
    cutOff: share.cutOff + (cut ? 1 : 0),
    thinking: share.thinking + (thoughts ? 1 : 0),
    unread: share.unread + (cut ? 0 : 1),
  }
}

/** The share of replies that gave no reading, in [0, 1]; 0 before the first. */
export const unreadableShare = ({ replies, cutOff, unread }: ReplyShare): number =>
  replies === 0 ? 0 : (cutOff + unread) / replies

/** From how many replies on, and above what share of unreadable ones, a command warns. */
const defaultTolerance = { after: 20, share: 0.2 } as const

/** What to tell the user, once: the figure, the likely cause and the flag that helps; null where all is well. */
export const shareWarning = (
  share: ReplyShare,
  tolerance: { readonly after: number; readonly share: number } = defaultTolerance,
): string | null => {
  const { replies, cutOff, thinking, unread } = share
  if (replies < tolerance.after || unreadableShare(share) <= tolerance.share) return null
  const bad = cutOff + unread
  const remedy =
    2 * thinking >= bad
      ? 'the model spends its reply on reasoning: raise --max-tokens, or turn reasoning off (--think off)'
      : cutOff >= unread
        ? 'they end before their answer: raise --max-tokens'
        : 'they do not have the requested format: constrain them on a server that supports it (--guided)'
  return `${bad} of ${replies} replies cannot be read (${cutOff} cut off, ${unread} without an answer); ${remedy}`
}
