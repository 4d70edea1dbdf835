import { Context } from 'effect'

/** The cost of answers: sums over requests. */
export interface Usage {
  readonly requests: number
  /** Requests sent again after a failure. */
  readonly retries: number
  readonly promptTokens: number
  readonly completionTokens: number
  /** Prompt tokens that the server took from its cache. */
  readonly cachedTokens: number
  /** Seconds of waiting for answers, retries and pauses included. */
  readonly seconds: number
  /** In the currency of the given prices; null without prices. */
  readonly cost: number | null
}

const add = (one: Usage, other: Usage): Usage => ({
  requests: one.requests + other.requests,
  retries: one.retries + other.retries,
  promptTokens: one.promptTokens + other.promptTokens,
  completionTokens: one.completionTokens + other.completionTokens,
  cachedTokens: one.cachedTokens + other.cachedTokens,
  seconds: one.seconds + other.seconds,
  cost: one.cost === null || other.cost === null ? null : one.cost + other.cost,
})

/** Collects the cost of one sample. */
export interface Account {
  readonly record: (usage: Usage) => void
  /** Null if no backend reported usage. */
  readonly total: () => Usage | null
  /** Takes one retry from the sample's budget of `most`; false if it is used up. */
  readonly takeRetry: (most: number) => boolean
}

export const openAccount = (): Account => {
  let total: Usage | null = null
  let retries = 0
  return {
    record: (usage) => {
      total = total === null ? usage : add(total, usage)
    },
    total: () => total,
    takeRetry: (most) => retries < most && ++retries > 0,
  }
}

/**
 * The ledger in which backends record the cost of answers. Code that processes a sample provides one ledger for it,
 * transparently to agents. Without one each request has its own.
 */
export class Ledger extends Context.Reference<Account | null>('spanwise/models/Ledger', {
  defaultValue: () => null,
}) {}
