import { queryWords, random, type Sample, videoName, type Window, Windows } from '../core/index.ts'

/** A query asked of a part of its video in which it does not hold: the right answer is `none`. */
export interface Refusal {
  /** The query's sample with `windows: []`. */
  readonly sample: Sample
  /** The part that is shown, in seconds of the whole video. */
  readonly part: Window
  /** Identifier of the sample of the same video that holds in the part instead. */
  readonly shows: string
}

export interface RefusalSettings {
  readonly seed: number
  /** Seconds between the part and each window in which the query holds. */
  readonly margin?: number
  /** Shortest part, in seconds. */
  readonly least?: number
}

/** Seconds of `window` inside `part`, as a share of the window; an instant counts wholly or not at all. */
const shown = (window: Window, part: Window): number => {
  const length = Windows.length(window)
  if (length === 0) return Windows.covers([part], window[0]) ? 1 : 0
  return Windows.overlap(window, part) / length
}

/**
 * Hard negatives of grounding: each query asked of a stretch of its own video that keeps clear of its windows
 * while another annotated query holds there for at least half of one of its windows. Same video, same subjects, and the
 * model must still say that this did not happen. Queries without such a stretch give none. Pure and independent of the
 * order of the samples: where several stretches fit, (seed, sample) decides.
 *
 * An annotation that misses a moment gives a wrong negative; use annotations that boundary reflection found complete.
 */
export const refusalsOf = (
  samples: ReadonlyArray<Sample>,
  { seed, margin = 1, least = 2 }: RefusalSettings,
): ReadonlyArray<Refusal> => {
  const videos = Map.groupBy(
    samples
      .filter(({ task, windows }) => task === 'grounding' && windows !== null && windows.length > 0)
      .map(({ id, dataset, file, query, windows }) => {
        return { id, video: `${dataset}/${videoName(file)}`, words: queryWords(query), windows: windows! }
      }),
    ({ video }) => video,
  )
  return samples.flatMap((sample): ReadonlyArray<Refusal> => {
    const { task, dataset, file, windows, duration } = sample
    if (task !== 'grounding' || windows === null || windows.length === 0 || duration === null) return []
    const ofVideo = videos.get(`${dataset}/${videoName(file)}`) ?? []
    const asked = queryWords(sample.query)
    const others = ofVideo.filter(({ words }) => words !== asked).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    // Datasets may annotate one query in several rows.
    const holds = ofVideo.flatMap(({ words, windows }) => (words === asked ? windows : []))
    const found = Windows.complement(Windows.pad(holds, margin, [0, duration]), [0, duration])
      .filter((part) => Windows.length(part) >= least)
      .flatMap((part) =>
        others
          .filter((other) => other.windows.some((window) => shown(window, part) >= 0.5))
          .map(({ id }) => ({ part, shows: id })),
      )
    if (found.length === 0) return []
    const { part, shows } = random('refusal', seed, sample.id).pick(found)
    return [{ sample: { ...sample, windows: [] }, part, shows }]
  })
}
