import type { PromptSource } from './prompts.ts'
import type { RolloutGroup } from './rollouts.ts'

/**
 * A group's completions as rollouts.jsonl holds them: what each says, what it earned by part, its advantage, and its
 * tokens as `[text, log-probability]` where the source can tell their texts.
 */
export const loggedRollouts = (
  { rollouts }: RolloutGroup,
  advantages: ReadonlyArray<number>,
  source: Pick<PromptSource, 'decode'>,
) =>
  rollouts.map(({ text, reward, iou, finish, scores, tokens, logProbs, turns, ending }, index) => ({
    ...{ text, reward, iou, finish, scores, advantage: advantages[index] ?? null },
    ...(turns === undefined ? {} : { ending, rounds: turns.map(({ shown, text }) => ({ shown, text })) }),
    ...(source.decode === undefined || logProbs.length !== tokens.length
      ? {}
      : {
          tokens: tokens.map((token, place) => [source.decode!(token), Number(logProbs[place]!.toFixed(4))]),
        }),
  }))
