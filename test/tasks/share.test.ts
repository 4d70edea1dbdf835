import { describe, expect, it } from 'vitest'
import {
  countReply,
  noReplies,
  type RecordedReply,
  readReply,
  replyOf,
  shareWarning,
  unreadableShare,
} from '../../tasks/index.ts'
import { cut, thought } from './replies/said.ts'

const count = (replies: ReadonlyArray<RecordedReply>) =>
  replies
    .map(replyOf)
    .reduce((share, reply) => countReply(share, reply, readReply({ task: 'grounding' }, reply)), noReplies)
const many = (reply: RecordedReply, bad: number, of = 20) =>
  count(Array.from({ length: of }, (_, i) => (i < bad ? reply : 'none')))

describe('the share of unreadable replies', () => {
  it('counts each reply once', () => {
    expect(count([])).toEqual(noReplies)
    expect(unreadableShare(noReplies)).toBe(0)
    const share = count(['none', '12.0 to 15.3', '300 to 450', 'what?', cut('12.0 to'), cut('<think>', 'hm')])
    expect(share).toEqual({ replies: 6, cutOff: 2, thinking: 1, unread: 1 })
    expect(unreadableShare(share)).toBe(0.5)
  })

  it('warns from 20 replies on, above 20 %', () => {
    expect(shareWarning(many('what?', 19, 19))).toBeNull()
    expect(shareWarning(many('what?', 4))).toBeNull()
    expect(shareWarning(many('what?', 5))).toMatch(/^5 of 20 replies cannot be read/)
    expect(shareWarning(many('what?', 3, 10), { after: 10, share: 0.25 })).not.toBeNull()
  })

  it.each([
    ['a budget that is too small', cut('It happens from'), '--max-tokens'],
    ['thoughts that use it up', cut('<think>it happens'), '--think off'],
    ['thoughts carried apart', cut('', 'it happens'), '--think off'],
    ['thoughts and nothing else', thought('it happens', ''), '--think off'],
    ['another form', 'What a nice video!', '--guided'],
  ])('names the flag against %s', (_, reply, flag) => expect(shareWarning(many(reply, 10))).toContain(flag))
})
