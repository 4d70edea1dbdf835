import { marginOf } from '../../agents/index.ts'
import { random, type Sample, type Window, Windows } from '../../core/index.ts'

/**
 * An annotation put to boundary reflection with a known answer. `hidden`: only the longest of several windows is left in
 * the annotation. `single`: the only window of a sample, as long as that of its pair. `whole`: all windows of the first.
 */
export type ProbeKind = 'hidden' | 'single' | 'whole'

export interface Probe {
  readonly kind: ProbeKind
  /** Number of the pair, from 0. */
  readonly pair: number
  /** What the agent is given; its id is the sample's with the kind. */
  readonly sample: Sample
  /** The windows taken out of the annotation, seconds. */
  readonly hidden: ReadonlyArray<Window>
}

const probe = (
  kind: ProbeKind,
  pair: number,
  sample: Sample,
  windows: ReadonlyArray<Window>,
  hidden: ReadonlyArray<Window>,
): Probe => ({ kind, pair, sample: { ...sample, id: `${sample.id}~${kind}`, windows }, hidden })

interface Split {
  readonly sample: Sample
  readonly kept: Window
  readonly hidden: ReadonlyArray<Window>
}

/** The longest window of an annotation (the first of equally long ones) and the others. */
const splitOf = (sample: Sample): Split | null => {
  const windows = Windows.merge(sample.windows ?? [])
  const kept = windows.reduce<Window | undefined>(
    (best, window) =>
      best === undefined || Windows.length(window) > Windows.length(best) + 1e-9 ? window : best,
    undefined,
  )
  return kept === undefined ? null : { sample, kept, hidden: windows.filter((window) => window !== kept) }
}

/** Whether some hidden time is outside the margin that boundary reflection blanks around the kept window. */
const findable = ({ sample, kept, hidden }: Split): boolean => {
  const end = sample.duration ?? hidden.at(-1)?.[1] ?? 0
  const blanked = Windows.pad([kept], marginOf(end), [0, end])
  return Windows.coverage(hidden) - Windows.intersection(hidden, blanked) >= 1
}

/** How far the lengths of a pair's windows may be apart: as a factor, or in seconds for short ones. */
const tolerance = { factor: 1.25, seconds: 0.5 }

const close = (a: number, b: number): boolean =>
  Math.abs(a - b) <= tolerance.seconds || Math.max(a, b) <= tolerance.factor * Math.min(a, b)

/**
 * Length-matched pairs: a sample of several windows of which all but the longest are hidden, and a sample of one window
 * of about that length, so that the length of an annotation does not reveal its kind. Each sample is in one pair at most;
 * `count` pairs at most, drawn by the seed. A third probe shows all windows of the first sample.
 */
export const hideWindows = (
  samples: ReadonlyArray<Sample>,
  count: number,
  seed: number,
): ReadonlyArray<Probe> => {
  const draw = random('calibrate', seed)
  const splits = draw.shuffle(
    samples.flatMap((sample) => {
      const split = sample.task === 'grounding' ? splitOf(sample) : null
      return split === null ? [] : [split]
    }),
  )
  const singles = splits.filter(({ hidden }) => hidden.length === 0)
  const used = new Set<Split>()
  const probes: Array<Probe> = []
  for (const several of splits) {
    if (probes.length >= 3 * count) break
    if (several.hidden.length === 0 || !findable(several)) continue
    const length = Windows.length(several.kept)
    let match: Split | undefined
    for (const one of singles) {
      const other = Windows.length(one.kept)
      if (used.has(one) || one.sample.video === several.sample.video || !close(length, other)) continue
      if (match === undefined || Math.abs(other - length) < Math.abs(Windows.length(match.kept) - length))
        match = one
    }
    if (match === undefined) continue
    used.add(match)
    const pair = probes.length / 3
    probes.push(
      probe('hidden', pair, several.sample, [several.kept], several.hidden),
      probe('single', pair, match.sample, [match.kept], []),
      probe('whole', pair, several.sample, Windows.merge(several.sample.windows ?? []), []),
    )
  }
  return probes
}
