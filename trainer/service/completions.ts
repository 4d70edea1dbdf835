import type { VideoInfo } from '../../video/index.ts'
import type { TrainingItem } from '../data.ts'
import { overlongPenalty } from '../presets.ts'
import { scoreText, thoughtTokens } from '../rollouts.ts'
import { scoreReply } from '../seek/index.ts'
import type { RewardsRequest } from './schemas.ts'
import type { servedSeek } from './seek.ts'
import type { TrainingKind } from './types.ts'

type Completion = RewardsRequest['items'][number]

/**
 * What a completion amounts to, as the embedded trainer has it: of a conversation the last reply is rewarded, its longest
 * reply counts as overlong, and its tokens and thoughts are those of all replies. A text instead says why it cannot be.
 *
 * @param encode the tokens of a text; without it tokens of thoughts are not known. Encoded again, a text may have other
 *   tokens than were sampled, so thoughts have at most as many as the reply, where an engine tells that.
 */
export const completionScorer =
  (
    { rewards, options }: Extract<TrainingKind, { readonly kind: 'curriculum' }>,
    conversations: ReturnType<typeof servedSeek> | null,
    encode?: (text: string) => ReadonlyArray<number>,
  ) =>
  (item: TrainingItem, step: number, info: VideoInfo, completion: Completion) => {
    const { id, generation, text, replies, tokens = 0 } = completion
    const all = replies ?? [{ text, tokens }]
    const name = `completion ${generation} of ${id}`
    if (all.at(-1)!.text !== text) return `the text of ${name} is not its last reply`
    const took =
      conversations === null || replies === undefined
        ? undefined
        : conversations.took(
            item,
            step,
            info,
            replies.map((one) => one.text),
          )
    if (took === null) return `the replies of ${name} are no whole conversation`
    const { reward, ...read } =
      options.seek === undefined
        ? scoreText(rewards, item, info, text)
        : scoreReply(rewards, options.seek, item, info.duration, text)
    const longest = Math.max(...all.map((one) => one.tokens))
    return {
      ...read,
      scores: { ...read.scores },
      reward: reward + overlongPenalty(longest, options.sampling.maxTokens, options.overlong),
      tokens:
        replies === undefined
          ? (completion.tokens ?? null)
          : replies.reduce((sum, one) => sum + one.tokens, 0),
      ...(encode === undefined
        ? {}
        : {
            thought: all.reduce(
              (sum, one) =>
                sum + Math.min(one.tokens || Number.POSITIVE_INFINITY, thoughtTokens(one.text, { encode })),
              0,
            ),
          }),
      ...(took === undefined ? {} : { seek: took }),
    }
  }
