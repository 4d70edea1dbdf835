import { type Sample, type Window, Windows } from '../../core/index.ts'
import type { Verdict } from '../agent.ts'
import { readProposals, readYesNo } from './parse.ts'
import type { BoundaryReflectionEvidence, BoundaryReflectionSettings } from './settings.ts'

export type Completeness = 'complete' | 'partial' | 'uncertain'

/**
 * P(yes) of one verification: the two replies' probabilities, normalised over the pair; without log-probabilities the
 * share of yes among the replies that could be read, and 0.5 where none could.
 */
export const yesProbability = (check: BoundaryReflectionEvidence['verify'][number]): number => {
  if (check.logProbs !== null) return 1 / (1 + Math.exp(check.logProbs[1] - check.logProbs[0]))
  const read = check.replies.map(readYesNo).filter((yes) => yes !== null)
  return read.length === 0 ? 0.5 : read.filter((yes) => yes).length / read.length
}

/**
 * P(the query also holds elsewhere) as the reflect question alone puts it: 1 - P(`none` is the whole reply), or without
 * log-probabilities the share of readable replies that proposed something (0.5 where none could be read).
 */
export const elsewhereProbability = (
  evidence: BoundaryReflectionEvidence,
  proposals: ReadonlyArray<ReadonlyArray<Window> | null>,
): number => {
  const none = evidence.reflect.noneLogProb
  if (none !== null) return 1 - Math.exp(Math.min(0, none))
  const read = proposals.filter((windows) => windows !== null)
  return read.length === 0 ? 0.5 : read.filter((windows) => windows.length > 0).length / read.length
}

/**
 * The score of incompleteness in [0, 1]: P(elsewhere) x (the largest P(yes) of a verified proposal). Where nothing was
 * proposed there is nothing to verify; the second factor is then the even odds 0.5, so that samples without a proposal
 * are still ordered among each other by how close the model came to making one, and rank below confirmed ones. A scan
 * has looked everywhere itself, so its largest P(yes) stands alone.
 */
export const partialScore = (elsewhere: number, yes: ReadonlyArray<number>): number =>
  elsewhere * (yes.length === 0 ? 0.5 : Math.max(...yes))

/** The accepted proposals, and the accepted tiles where no proposal says it more exactly; touching ones joined. */
const verifiedWindows = (accepted: BoundaryReflectionEvidence['verify']): ReadonlyArray<Window> => {
  const proposed = accepted.filter(({ votes }) => votes > 0).map(({ window }) => window)
  const tiles = accepted
    .filter(({ votes, window }) => votes === 0 && Windows.coverage(Windows.clip(proposed, window)) === 0)
    .map(({ window }) => window)
  return Windows.merge([...proposed, ...tiles])
}

/**
 * The verdict. `partial`: some proposal was accepted, the annotation fails the criterion `exhaustive`. `uncertain`:
 * no reply could be read (`readable`), or a proposal was neither accepted nor rejected (`verified`). Else `complete`.
 */
export const decide = (
  _sample: Sample,
  evidence: BoundaryReflectionEvidence,
  settings: BoundaryReflectionSettings,
): Verdict => {
  const proposals = evidence.reflect.replies.map((reply) =>
    readProposals(reply, evidence.hidden, evidence.duration, settings.minLength),
  )
  const yes = evidence.verify.map(yesProbability)
  const accepted = evidence.verify.filter((_, index) => yes[index]! >= settings.accept)
  const elsewhere = elsewhereProbability(evidence, proposals)
  const scanned = evidence.verify.some(({ votes }) => votes === 0)
  const [verdict, criterion]: [Completeness, string | null] =
    accepted.length > 0
      ? ['partial', 'exhaustive']
      : proposals.every((windows) => windows === null)
        ? ['uncertain', 'readable']
        : yes.some((probability) => probability > settings.reject)
          ? ['uncertain', 'verified']
          : ['complete', null]
  return {
    outcome: verdict === 'partial' ? 'dropped' : 'kept',
    reason: criterion,
    columns: {
      verdict,
      criterion,
      score: scanned ? Math.max(...yes) : partialScore(elsewhere, yes),
      elsewhere,
      proposals: evidence.verify.map(({ window }) => window),
      votes: evidence.verify.map(({ votes }) => votes),
      p_yes: yes,
      verified: verifiedWindows(accepted),
      frame_times: evidence.times,
    },
  }
}
