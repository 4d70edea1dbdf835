import { Context } from 'effect'

/** What answering cost: sums over requests. */
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
  /** In the currency of the prices given; null where none are. */
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

/** Collects what one sample cost. */
export interface Account {
  readonly record: (usage: Usage) => void
  /** Null where no backend that counts was asked. */
  readonly total: () => Usage | null
  /** Takes one retry from the sample's budget of `most`; false where it is used up. */
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
 * The account on which backends put what an answer cost. Whoever asks on behalf of a sample provides one account per
 * sample; agents need not know. Without one each request has its own.
 */
export class Ledger extends Context.Reference<Account | null>('spanwise/models/Ledger', {
  defaultValue: () => null,
}) {}
