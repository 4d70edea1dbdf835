import type { ModelProfile, Question } from './profile.ts'

/** How a reply to a question is requested. */
export interface ReplyPlan {
  /** Whether the prompt asks for reasoning inside `<think></think>`. */
  readonly ask: boolean
  /** The reasoning variable of the chat template; null if it has none. */
  readonly enable: boolean | null
  /** Whether the reply begins with reasoning. */
  readonly reasons: boolean
  /** Most tokens of the reply, reasoning included. */
  readonly maxTokens: number
}

/**
 * Reasoning and length of a reply. `auto` reasons where the model always does, and in questions and counting, where it
 * helps; not in grounding, where published results show no gain for three times the tokens, and never in a shapes
 * model, which has not learned to.
 */
export const replyPlan = (profile: ModelProfile, question: Question): ReplyPlan => {
  const { reasoning, think, dialect, thinkingTokens, replyTokens, maxTokens } = profile
  const helps = question !== 'grounding' && question !== 'verification' && dialect !== 'shapes'
  const wanted = think === 'on' || (think === 'auto' && helps)
  const reasons = reasoning === 'always' || wanted
  return {
    ask: reasons && reasoning === 'none',
    enable: reasoning === 'switch' ? reasons : null,
    reasons,
    maxTokens:
      maxTokens ??
      (replyTokens[question] ?? Math.max(...Object.values(replyTokens))) + (reasons ? thinkingTokens : 0),
  }
}
