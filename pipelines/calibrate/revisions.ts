import { queryWords, type Sample, type Window, Windows } from '../../core/index.ts'
import { auroc } from '../../eval/index.ts'

/** What people later did to an annotation: the query gone or reworded, other windows, or left as it was. */
export type Revision = 'query' | 'windows' | 'kept'

/** All windows that rows give a query of a video, by both: datasets may annotate one query in several rows. */
const windowsByQuery = (
  samples: ReadonlyArray<Sample>,
): ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<Window>>> => {
  const videos = new Map<string, Map<string, ReadonlyArray<Window>>>()
  for (const { video, query, windows } of samples) {
    const queries = videos.get(video) ?? new Map<string, ReadonlyArray<Window>>()
    queries.set(queryWords(query), [...(queries.get(queryWords(query)) ?? []), ...(windows ?? [])])
    videos.set(video, queries)
  }
  return videos
}

/**
 * Joins samples with a later revision of the same dataset by video and query. A sample whose video the revision does not
 * contain has no label. Windows count as changed where the set IoU of the query's old and new ones is below one half.
 */
export const revisionsOf = (
  samples: ReadonlyArray<Sample>,
  revised: ReadonlyArray<Sample>,
): ReadonlyMap<string, Revision> => {
  const annotated = samples.filter(({ windows }) => windows !== null)
  const [earlier, later] = [windowsByQuery(annotated), windowsByQuery(revised)]
  return new Map(
    annotated.flatMap(({ id, video, query }) => {
      const queries = later.get(video)
      if (queries === undefined) return []
      const [before, after] = [earlier.get(video)!.get(queryWords(query))!, queries.get(queryWords(query))]
      const label: Revision =
        after === undefined ? 'query' : Windows.setIou(before, after) < 0.5 ? 'windows' : 'kept'
      return [[id, label] as const]
    }),
  )
}

export interface Agreement {
  readonly labelled: number
  readonly revised: number
  readonly auroc: number
  /** Share of revised annotations among the tenth with the highest scores, over their share of all. */
  readonly lift: number
}

/** How well scores agree with the revision. */
export const agreement = (
  scores: ReadonlyMap<string, number>,
  revisions: ReadonlyMap<string, Revision>,
): Agreement => {
  const rows = [...revisions].flatMap(([id, label]) => {
    const score = scores.get(id)
    return score === undefined ? [] : [{ score, positive: label !== 'kept' }]
  })
  const positives = rows.filter(({ positive }) => positive).length
  const top = rows.toSorted((a, b) => b.score - a.score).slice(0, Math.max(1, Math.round(rows.length / 10)))
  const share = (list: typeof rows) =>
    list.filter(({ positive }) => positive).length / Math.max(1, list.length)
  return {
    labelled: rows.length,
    revised: positives,
    auroc: auroc(
      rows.map(({ score }) => score),
      rows.map(({ positive }) => positive),
    ),
    lift: share(top) / share(rows),
  }
}
