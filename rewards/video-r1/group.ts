import { mean } from '../../core/index.ts'

/**
 * T-GRPO's temporal bonus: where the answers on ordered frames are on average at least 0.8 times as right as those on
 * shuffled frames, every ordered answer with accuracy above 0.1 gets 0.3. Videos only.
 *
 * @returns the bonus of each ordered answer.
 */
export const temporalBonus = (
  ordered: ReadonlyArray<number>,
  shuffled: ReadonlyArray<number>,
): ReadonlyArray<number> => {
  const holds = mean(ordered) >= 0.8 * mean(shuffled)
  return ordered.map((accuracy) => (holds && accuracy > 0.1 ? 0.3 : 0))
}

/** Tokens of a reply, up to and including the end token, for which Video-R1 gives its length bonus. */
const videoR1Length = [320, 512] as const

/**
 * Video-R1's length bonus: where more than one answer has accuracy above 0.1, those of them with a number of tokens in
 * `span` (up to and including the end token) get 0.2. Applied after the temporal bonus.
 */
export const lengthBonus = (
  accuracies: ReadonlyArray<number>,
  lengths: ReadonlyArray<number>,
  [least, most]: readonly [least: number, most: number] = videoR1Length,
): ReadonlyArray<number> => {
  const right = accuracies.filter((accuracy) => accuracy > 0.1).length
  return accuracies.map((accuracy, i) => {
    const length = lengths[i] ?? 0
    return right > 1 && accuracy > 0.1 && length >= least && length <= most ? 0.2 : 0
  })
}
