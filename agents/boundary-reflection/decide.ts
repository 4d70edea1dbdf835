import { mean, type Sample, type Window, Windows } from '../../core/index.ts'
import type { RecordedReply } from '../../tasks/index.ts'
import type { Verdict } from '../agent.ts'
import { readProposals, readReflect, readYesNo } from './parse.ts'
import {
  type BoundaryReflectionEvidence,
  type BoundaryReflectionSettings,
  defaultMass,
  type Look,
} from './settings.ts'

export type Completeness = 'complete' | 'partial' | 'uncertain'

/** Whether Yes and No together hold the share `mass` of the probability; natural logarithms. */
export const holdsMass = (logProbs: readonly [yes: number, no: number], mass: number): boolean =>
  Math.exp(logProbs[0]) + Math.exp(logProbs[1]) >= Math.max(mass, Number.MIN_VALUE)

/**
 * P(yes) of one verification: the probabilities of the two replies, normalised over the pair, where together they hold
 * `mass`; else the share of yes among the replies that could be read. Null where none could.
 */
export const yesProbability = (
  { logProbs, replies }: Pick<Look, 'logProbs' | 'replies'>,
  mass = defaultMass,
): number | null => {
  if (logProbs !== null && holdsMass(logProbs, mass)) return 1 / (1 + Math.exp(logProbs[1] - logProbs[0]))
  const read = replies.map(readYesNo).filter((yes) => yes !== null)
  return read.length === 0 ? null : read.filter((yes) => yes).length / read.length
}

/** Log-odds of a probability, short of infinity. */
const logOdds = (probability: number): number => {
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, probability))
  return Math.log(inside / (1 - inside))
}

const probabilityOf = (odds: number): number => 1 / (1 + Math.exp(-odds))

/** P(yes) over several looks at the same thing: that of their mean log-odds. Null where none could be read. */
export const pooledYes = (
  looks: ReadonlyArray<Pick<Look, 'logProbs' | 'replies'>>,
  mass = defaultMass,
): number | null => {
  const [only] = looks
  if (looks.length === 1) return yesProbability(only!, mass)
  const read = looks.map((look) => yesProbability(look, mass)).filter((yes) => yes !== null)
  return read.length === 0 ? null : probabilityOf(mean(read.map(logOdds)))
}

/**
 * The score with a reference, in [0, 1]: the log-odds of the likeliest range, plus half of those that the reflect question
 * gives and less half of those of the annotated windows themselves. A model that says yes to a query, or no, whatever it
 * is shown, so cancels out. Halves because the three are not equally reliable; measured in docs/claims.md.
 */
const referredScore = (elsewhere: number, yes: ReadonlyArray<number>, reference: number): number =>
  probabilityOf(
    (yes.length === 0 ? 0 : logOdds(Math.max(...yes))) + logOdds(elsewhere) / 2 - logOdds(reference) / 2,
  )

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

const isRead = (reply: RecordedReply): boolean => readReflect(reply).kind !== 'unreadable'

/**
 * The verdict. `partial`: some proposal was accepted, the annotation fails the criterion `exhaustive`. `uncertain`: no
 * reflect reply or no reply about some proposal could be read (`readable`), all windows named are outside the clip or
 * without length (`placed`), or a proposal was neither accepted nor rejected (`verified`). Else `complete`.
 */
export const decide = (
  _sample: Sample,
  evidence: BoundaryReflectionEvidence,
  settings: BoundaryReflectionSettings,
): Verdict => {
  const proposals = evidence.reflect.replies.map((reply) =>
    readProposals(reply, evidence.hidden, evidence.duration, settings.minLength),
  )
  const yes = evidence.verify.map((check) => pooledYes([check, ...(check.further ?? [])], settings.mass))
  const reference = evidence.reference === undefined ? null : pooledYes(evidence.reference, settings.mass)
  const known = yes.filter((probability) => probability !== null)
  const accepted = evidence.verify.filter((_, index) => (yes[index] ?? -1) >= settings.accept)
  const elsewhere = elsewhereProbability(evidence, proposals)
  const scanned = evidence.verify.some(({ votes }) => votes === 0)
  const [verdict, criterion]: [Completeness, string | null] =
    accepted.length > 0
      ? ['partial', 'exhaustive']
      : proposals.every((windows) => windows === null)
        ? ['uncertain', evidence.reflect.replies.some(isRead) ? 'placed' : 'readable']
        : known.length < yes.length
          ? ['uncertain', 'readable']
          : known.some((probability) => probability > settings.reject)
            ? ['uncertain', 'verified']
            : ['complete', null]
  return {
    outcome: verdict === 'partial' ? 'dropped' : 'kept',
    reason: criterion,
    columns: {
      verdict,
      criterion,
      score:
        reference !== null
          ? referredScore(elsewhere, known, reference)
          : scanned && known.length > 0
            ? Math.max(...known)
            : partialScore(elsewhere, known),
      elsewhere,
      proposals: evidence.verify.map(({ window }) => window),
      votes: evidence.verify.map(({ votes }) => votes),
      p_yes: yes,
      verified: verifiedWindows(accepted),
      frame_times: evidence.times,
    },
  }
}
