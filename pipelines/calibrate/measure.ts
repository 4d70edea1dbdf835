import { hash32, mean, quantiles, random, type Window, Windows } from '../../core/index.ts'
import { auprc, auroc, recallAtFalseAlarms } from '../../eval/index.ts'
import type { Probe } from './probes.ts'

/** What boundary reflection says of a probe. */
export interface Said {
  /** Score of incompleteness, 0 to 1. */
  readonly score: number
  readonly proposals: ReadonlyArray<Window>
  /** P(yes) of each proposal; null where it could not be read. */
  readonly yes: ReadonlyArray<number | null>
  /** Whether every reply could be read: else the verdict is uncertain where no proposal is accepted, never complete. */
  readonly readable: boolean
  /** Seconds of the clip. */
  readonly duration: number
  /** Requests to the model. */
  readonly calls: number
}

export interface Judged extends Probe {
  readonly said: Said
}

export interface Thresholds {
  /** P(yes) from which a proposal counts as shown. */
  readonly accept: number
  /** P(yes) up to which it counts as not shown. */
  readonly reject: number
}

/** What a probe's verdict depends on: the largest P(yes) of a proposal, 0 where there is none. */
const strongest = ({ said }: Judged): number => Math.max(0, ...said.yes.map((yes) => yes ?? 0))

/** The largest P(yes) up to which a probe would pass as complete; infinite where it never does. */
const passing = (one: Judged): number => (one.said.readable ? strongest(one) : Number.POSITIVE_INFINITY)

/** A number half-way between two, short where that keeps it between them; `otherwise` where there is no number between. */
const between = (low: number, high: number, otherwise: number): number => {
  const middle = (low + high) / 2
  const short = Math.round(1e4 * middle) / 1e4
  return [short, middle].find((value) => low < value && value < high) ?? otherwise
}

/**
 * Thresholds from labelled probes. `accept`: the smallest one at which at most `falseAlarms` of the complete annotations
 * are flagged, so that recall is as large as that allows. `reject`: the largest one, not above `accept`, at or below which
 * at most `missed` of the incomplete annotations fall, which would then pass as complete; 0 where more than that fall at 0.
 * Null where every threshold gives more false alarms, because so many complete annotations have a P(yes) of 1.
 */
export const chooseThresholds = (
  probes: ReadonlyArray<Judged>,
  falseAlarms: number,
  missed: number,
): Thresholds | null => {
  const of = (kind: Judged['kind'], value: (one: Judged) => number) =>
    probes
      .filter((one) => one.kind === kind)
      .map(value)
      .toSorted((a, b) => a - b)
  const [complete, partial] = [of('single', strongest), of('hidden', passing)]
  const steps = [...new Set([0, ...complete, ...partial.filter(Number.isFinite), 1])].toSorted(
    (a, b) => a - b,
  )
  const share = (list: ReadonlyArray<number>, holds: (value: number) => boolean) =>
    list.length === 0 ? 0 : list.filter(holds).length / list.length
  const at = steps.findIndex((step) => step > 0 && share(complete, (value) => value >= step) <= falseAlarms)
  if (at < 0) return null
  const accept = between(steps[at - 1]!, steps[at]!, steps[at]!)
  const under = steps.findLastIndex(
    (step) => step < accept && share(partial, (value) => value <= step) <= missed,
  )
  const reject = under < 0 ? 0 : Math.min(accept, between(steps[under]!, steps[under + 1]!, steps[under]!))
  return { accept, reject }
}

/** Wilson's 95 % interval of a share. */
const wilson = (hits: number, of: number): readonly [number, number] => {
  if (of === 0) return [0, 1]
  const z = 1.96
  const share = hits / of
  const centre = (share + (z * z) / (2 * of)) / (1 + (z * z) / of)
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

export interface Share {
  readonly share: number
  readonly interval: readonly [number, number]
  readonly n: number
}

const shareOf = (
  probes: ReadonlyArray<Judged>,
  kind: Judged['kind'],
  holds: (one: Judged) => boolean,
): Share => {
  const those = probes.filter((one) => one.kind === kind)
  const hits = those.filter(holds).length
  return { share: hits / Math.max(1, those.length), interval: wilson(hits, those.length), n: those.length }
}

const flagged = (probes: ReadonlyArray<Judged>, kind: Judged['kind'], accept: number): Share =>
  shareOf(probes, kind, (one) => strongest(one) >= accept)

export interface Separation {
  readonly pairs: number
  readonly auroc: number
  /** Percentile 95 % interval, pairs drawn with replacement. */
  readonly interval: readonly [number, number]
  readonly auprc: number
  readonly recallAt5: number
  readonly recallAt10: number
  /** AUROC of the rule that calls short annotations partial: 0.5 where the pairs are matched well. */
  readonly shortWindow: number
  /** AUROC against the same samples with all their windows in the annotation. */
  readonly againstWhole: number
  /**
   * Share of the proposed time that is in a hidden window, over the share of the clips that hidden windows occupy: 1 for
   * proposals at random. NaN where nothing was proposed.
   */
  readonly pointing: number
  /** Requests to the model a sample, on average. */
  readonly calls: number
}

const area = (
  positive: ReadonlyArray<Judged>,
  negative: ReadonlyArray<Judged>,
  score: (one: Judged) => number = ({ said }) => said.score,
) => {
  const all = [...positive, ...negative]
  return auroc(
    all.map(score),
    all.map((_, index) => index < positive.length),
  )
}

/** How well the scores tell hidden from complete annotations. */
export const separation = (probes: ReadonlyArray<Judged>): Separation => {
  const of = (kind: Judged['kind']) =>
    probes.filter((one) => one.kind === kind).toSorted((a, b) => a.pair - b.pair)
  const [hidden, single, whole] = [of('hidden'), of('single'), of('whole')]
  const all = [...hidden, ...single]
  const scores = all.map(({ said }) => said.score)
  const truth = all.map(({ kind }) => kind === 'hidden')
  const draw = random('calibrate', 'bootstrap')
  const areas = Array.from({ length: hidden.length < 2 ? 0 : 500 }, () => {
    const drawn = hidden.map(() => draw.int(0, hidden.length - 1))
    return area(
      drawn.map((index) => hidden[index]!),
      drawn.map((index) => single[index]!),
    )
  })
  const interval = areas.length === 0 ? [0, 1] : quantiles(areas, [0.025, 0.975])
  const sum = (pick: (one: Judged) => number) => hidden.reduce((total, one) => total + pick(one), 0)
  const proposed = sum(({ said }) => Windows.coverage(said.proposals))
  const inside = sum((one) => Windows.intersection(Windows.merge(one.said.proposals), one.hidden))
  const chance = sum((one) => Windows.coverage(one.hidden)) / sum(({ said }) => said.duration)
  return {
    pairs: hidden.length,
    auroc: area(hidden, single),
    interval: [interval[0]!, interval[1]!],
    auprc: auprc(scores, truth),
    recallAt5: recallAtFalseAlarms(scores, truth, 0.05),
    recallAt10: recallAtFalseAlarms(scores, truth, 0.1),
    shortWindow: area(hidden, single, ({ sample }) => -Windows.coverage(sample.windows ?? [])),
    againstWhole: area(hidden, whole),
    pointing: proposed === 0 ? Number.NaN : inside / proposed / chance,
    calls: mean(probes.map(({ said }) => said.calls)),
  }
}

export interface Calibration {
  readonly thresholds: Thresholds
  /** On the half of the videos that the thresholds were not chosen on. */
  readonly recall: Share
  /** Incomplete annotations that pass as complete; the others that are not flagged are uncertain. */
  readonly missed: Share
  readonly falseAlarms: Share
  /** False alarms on the annotations with all windows. */
  readonly falseAlarmsWhole: Share
}

/** Which half a video belongs to; all probes of a pair follow that of its first sample. */
const halfOf = (video: string): 0 | 1 => ((hash32(`calibrate ${video}`) >>> 8) % 2) as 0 | 1

/** The half of each pair, by its number. */
const halves = (probes: ReadonlyArray<Probe>): ReadonlyMap<number, 0 | 1> =>
  new Map(
    probes.filter(({ kind }) => kind === 'hidden').map(({ pair, sample }) => [pair, halfOf(sample.video)]),
  )

/** Whether there is a pair to choose thresholds on and another to measure them on. */
export const canCalibrate = (probes: ReadonlyArray<Probe>): boolean =>
  new Set(halves(probes).values()).size === 2

/** Thresholds chosen on one half of the pairs and measured on the other; null where there are none, see `chooseThresholds`. */
export const calibrate = (
  probes: ReadonlyArray<Judged>,
  falseAlarms: number,
  missed: number,
): Calibration | null => {
  const half = halves(probes)
  const part = (wanted: 0 | 1) => probes.filter(({ pair }) => half.get(pair) === wanted)
  const thresholds = chooseThresholds(part(0), falseAlarms, missed)
  if (thresholds === null) return null
  const rest = part(1)
  return {
    thresholds,
    recall: flagged(rest, 'hidden', thresholds.accept),
    missed: shareOf(rest, 'hidden', (one) => passing(one) <= thresholds.reject),
    falseAlarms: flagged(rest, 'single', thresholds.accept),
    falseAlarmsWhole: flagged(rest, 'whole', thresholds.accept),
  }
}

/** The smallest share of false alarms that a threshold can have, on the half that thresholds are chosen on. */
export const leastFalseAlarms = (probes: ReadonlyArray<Judged>): number => {
  const half = halves(probes)
  return flagged(
    probes.filter(({ pair }) => half.get(pair) === 0),
    'single',
    1,
  ).share
}
