import type { Random } from '../../core/index.ts'

/** How the next token is drawn. */
export interface Drawing {
  /** Divides the logits; > 0. Ignored when greedy. */
  readonly temperature: number
  /** Keep the smallest set of likeliest tokens whose probability reaches this; 1 keeps all. */
  readonly topP: number
  /** Keep this many likeliest tokens (ties with the last one stay); 0 keeps all. */
  readonly topK: number
  readonly greedy?: boolean
}

export interface Drawn {
  readonly token: number
  /** log softmax(logits / temperature)[token]; see `drawToken`. */
  readonly logProb: number
}

/** Refuses settings outside their ranges, naming the setting. */
export const checkDrawing = ({ temperature, topP, topK, greedy }: Drawing): void => {
  if (greedy !== true && !(temperature > 0))
    throw new RangeError(`temperature must be > 0, not ${temperature}`)
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`topP must be in (0, 1], not ${topP}`)
  if (!Number.isInteger(topK) || topK < 0) throw new RangeError(`topK must be an integer >= 0, not ${topK}`)
}

/**
 * The probability below which a token is left out by top-k and then top-p, in the order and with the tie rules of
 * transformers' warpers: top-k keeps everything as likely as the k-th token, top-p then adds tokens from the likeliest
 * down until their share of what top-k kept reaches `topP`. Weights need not sum to 1; zero marks an excluded token.
 */
const threshold = (weights: Float64Array, topP: number, topK: number): number => {
  const sorted = weights.slice().sort()
  let floor = 0
  if (topK > 0 && topK < sorted.length) floor = sorted[sorted.length - topK]!
  if (topP >= 1) return floor
  let total = 0
  for (let i = sorted.length - 1; i >= 0 && sorted[i]! >= floor; i--) total += sorted[i]!
  let reached = 0
  for (let i = sorted.length - 1; i >= 0 && sorted[i]! >= floor; i--) {
    reached += sorted[i]!
    if (reached >= topP * total) return sorted[i]!
  }
  return floor
}

/** What the logits are multiplied by before the softmax; greedy drawing does not temper. */
export const inverseTemperature = ({ temperature, greedy }: Drawing): number =>
  greedy === true ? 1 : 1 / temperature

/**
 * Draws one token from `shares[offset .. offset + vocabulary]`, the tempered softmax of the logits.
 *
 * The log-probability returned is that of the temperature-scaled distribution over the whole vocabulary, before top-k,
 * top-p and the ban: the quantity a policy-gradient loss recomputes (TRL does the same), equal to `Engine.score` at
 * the same temperature. Greedy drawing reports it at temperature 1.
 */
export const drawToken = (
  shares: Float32Array,
  offset: number,
  vocabulary: number,
  drawing: Drawing,
  banned: ReadonlySet<number>,
  random: Random,
): Drawn => {
  const weights = Float64Array.from(shares.subarray(offset, offset + vocabulary))
  for (const token of banned) if (token < vocabulary) weights[token] = 0
  let best = 0
  let kept = 0
  for (let i = 0; i < vocabulary; i++) {
    if (weights[i]! > weights[best]!) best = i
    kept += weights[i]!
  }
  if (!(kept > 0 && Number.isFinite(kept))) throw new RangeError('the logits are not finite')
  const drawn = (token: number): Drawn => ({ token, logProb: Math.log(shares[offset + token]!) })
  if (drawing.greedy === true) return drawn(best)
  if (drawing.topP < 1 || drawing.topK > 0) {
    const floor = threshold(weights, drawing.topP, drawing.topK)
    kept = 0
    for (let i = 0; i < vocabulary; i++) {
      if (weights[i]! < floor) weights[i] = 0
      kept += weights[i]!
    }
  }
  let remaining = random.next() * kept
  let token = best
  for (let i = 0; i < vocabulary; i++) {
    if (weights[i] === 0) continue
    token = i
    remaining -= weights[i]!
    if (remaining < 0) break
  }
  return drawn(token)
}
