import { random } from '../core/index.ts'

/** A counting sample, as Random Count Sampling sees it. */
export interface Counted {
  readonly id: string
  /** The true count. */
  readonly count: number
  /** Whether its repetitions are annotated, so that it can be cut between them. */
  readonly cyclic: boolean
}

export interface CountSettings {
  /** Least count of each stratum, ascending; counts below the first belong to the first. */
  readonly edges: ReadonlyArray<number>
  /** Share of the draws of a stratum that are cut from clips with more repetitions, where there are such; 0 cuts none. */
  readonly subclips: number
}

/** Finer where counts are frequent: half of RepCount's training videos have at most nine repetitions. */
export const defaultCountSettings: CountSettings = { edges: [0, 3, 6, 10, 16, 26, 41], subclips: 0.5 }

/** Some whole repetitions of a sample's clip: numbers `first` to `last`, from 1, both included. */
export interface Cut {
  readonly first: number
  readonly last: number
}

export interface CountDraw {
  readonly id: string
  /** Null for the whole clip. */
  readonly cut: Cut | null
}

interface Stratum {
  /** Samples whose own count is in the stratum. */
  readonly whole: ReadonlyArray<string>
  /** Samples with more repetitions than the least of the stratum, which can be cut. */
  readonly longer: ReadonlyArray<Counted>
  readonly least: number
  readonly most: number
}

/** The strata that something can be drawn of. */
const strataOf = (
  samples: ReadonlyArray<Counted>,
  { edges, subclips }: CountSettings,
): ReadonlyArray<Stratum> =>
  edges
    .map((edge, index): Stratum => {
      const most = (edges[index + 1] ?? Number.POSITIVE_INFINITY) - 1
      const low = index === 0 ? 0 : edge
      const least = Math.max(1, low)
      return {
        whole: samples.filter(({ count }) => count >= low && count <= most).map(({ id }) => id),
        longer: subclips > 0 ? samples.filter(({ count, cyclic }) => cyclic && count > least) : [],
        least,
        most,
      }
    })
    .filter(({ whole, longer }) => whole.length + longer.length > 0)

/** What Random Count Sampling draws at each place. */
export type CountSampler = (place: number) => CountDraw

/**
 * Random Count Sampling: a pure function of (seed, place), where `place` numbers all draws of a training from 0, so step
 * `s` of `n` prompts holds places `s n` to `s n + n - 1`. Of every run of as many draws as there are strata, each stratum
 * gives one. A stratum gives its own clips in turn, in a new order each time round; a share of its draws are instead
 * random whole repetitions out of a clip with more, so that a stratum without clips of its own is met as well.
 */
export const countSampler = (
  samples: ReadonlyArray<Counted>,
  settings: CountSettings,
  seed: number,
): CountSampler => {
  const strata = strataOf(samples, settings)
  const orders = new Map<string, ReadonlyArray<string>>()
  const orderOf = (stratum: number, round: number): ReadonlyArray<string> => {
    const key = `${stratum}/${round}`
    const known = orders.get(key)
    if (known !== undefined) return known
    const order = random(seed, 'count order', stratum, round).shuffle(strata[stratum]!.whole)
    orders.set(key, order)
    return order
  }
  const places = Array.from(strata.keys())
  return (place) => {
    const visit = Math.floor(place / strata.length)
    const stratum = random(seed, 'count strata', visit).shuffle(places)[place % strata.length]!
    const { whole, longer, least, most } = strata[stratum]!
    const draw = random(seed, 'count draw', place)
    if (longer.length > 0 && (whole.length === 0 || draw.next() < settings.subclips)) {
      const { id, count } = draw.pick(longer)
      const kept = draw.int(least, Math.min(most, count - 1))
      const first = draw.int(1, count - kept + 1)
      return { id, cut: { first, last: first + kept - 1 } }
    }
    const order = orderOf(stratum, Math.floor(visit / whole.length))
    return { id: order[visit % whole.length]!, cut: null }
  }
}

/** The name of a draw among the ids of a training: `video12`, or `video12~3-7` for a cut. */
export const drawName = ({ id, cut }: CountDraw): string =>
  cut === null ? id : `${id}~${cut.first}-${cut.last}`

/** The sample and cut of a name that `drawName` gave to a cut; null for other names. */
export const cutOf = (name: string): { readonly id: string; readonly cut: Cut } | null => {
  const parts = /^(.*)~(\d+)-(\d+)$/s.exec(name)
  return parts === null ? null : { id: parts[1]!, cut: { first: Number(parts[2]), last: Number(parts[3]) } }
}
