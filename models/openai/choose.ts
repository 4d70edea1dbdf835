import type { Place } from './reply.ts'

/** Tokens needed to distinguish the options: one where no two begin with the same character. */
export const tokensToChoose = (options: ReadonlyArray<string>): number =>
  options.length > 1 && new Set(options.map((option) => option[0])).size === options.length ? 1 : 16

/** log(exp(a) + exp(b) + ...), without overflow. */
const logSum = (values: ReadonlyArray<number>): number => {
  const most = Math.max(...values)
  return most === Number.NEGATIVE_INFINITY
    ? most
    : most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0))
}

/** How far an option follows the greedy reply and its log-probability up to where they differ; null if unknown. */
const follow = (option: string, places: ReadonlyArray<Place>) => {
  let rest = option
  let sum = 0
  for (const [at, { token, logprob, others }] of places.entries()) {
    if (rest === '') return { sum, at, next: '' }
    if (token !== '' && rest.startsWith(token)) {
      rest = rest.slice(token.length)
      sum += logprob
      continue
    }
    const fitting = others.filter((other) => other.token !== '' && rest.startsWith(other.token))
    if (fitting.length > 0)
      return { sum: sum + logSum(fitting.map((other) => other.logprob)), at, next: rest }
    if (others.length === 0) return null
    // At most as likely as the least that is listed, and as all that is not listed together.
    const listed = [logprob, ...others.filter((other) => other.token !== token).map((other) => other.logprob)]
    const left = Math.log(Math.max(Number.MIN_VALUE, 1 - Math.exp(logSum(listed))))
    return { sum: sum + Math.min(left, ...listed), at: -1, next: rest }
  }
  return { sum, at: places.length, next: rest }
}

/**
 * Log-probabilities of options, derived from one greedy reply that lists the likeliest tokens at each position. Each
 * option is followed along the reply; where it first differs, every listed token that starts the rest of the option
 * counts (`N` and `No` for `No`). Later tokens are unknown, so the value is an upper bound, which is tight if the first
 * differing token determines the option, as with `Yes` and `No`. An option that is not listed gets the least listed
 * value, or what the listed ones leave if that is less. Null if no option is found, no position is listed, or two options cannot be distinguished.
 */
export const readOptions = (
  options: ReadonlyArray<string>,
  places: ReadonlyArray<Place>,
): ReadonlyArray<number> | null => {
  if (places.length === 0) return null
  const followed = options.flatMap((option) => follow(option, places) ?? [])
  if (followed.length < options.length) return null
  if (followed.every(({ at }) => at < 0)) return null
  const alike = followed.some((one, i) =>
    followed.some(
      (other, j) =>
        i < j &&
        one.at === other.at &&
        one.at >= 0 &&
        (one.at === places.length || one.next === '' || sharesToken(one.next, other.next, places[one.at]!)),
    ),
  )
  return alike ? null : followed.map(({ sum }) => sum)
}

/** Whether one listed token starts both remainders. */
const sharesToken = (one: string, other: string, { others }: Place): boolean =>
  others.some(({ token }) => token !== '' && one.startsWith(token) && other.startsWith(token))
