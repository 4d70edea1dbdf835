import type { Usage } from '../ledger.ts'
import type { Completion } from './reply.ts'

/** Prices of a million tokens, in any currency. */
export interface Prices {
  readonly prompt: number
  readonly completion: number
  /** Of prompt tokens that the server had in its cache; the price of other prompt tokens by default. */
  readonly cached?: number | undefined
}

/** What one request cost; `completion` is null without an answer. */
export const usageOf = (
  completion: Completion | null,
  retries: number,
  seconds: number,
  prices: Prices | null,
): Usage => {
  const { promptTokens, completionTokens, cachedTokens } = completion ?? nothing
  return {
    requests: 1,
    retries,
    promptTokens,
    completionTokens,
    cachedTokens,
    seconds,
    cost:
      prices === null
        ? null
        : ((promptTokens - cachedTokens) * prices.prompt +
            cachedTokens * (prices.cached ?? prices.prompt) +
            completionTokens * prices.completion) /
          1e6,
  }
}

const nothing = { promptTokens: 0, completionTokens: 0, cachedTokens: 0 }
