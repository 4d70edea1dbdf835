import { type Sample, Windows } from '../../core/index.ts'
import { auroc } from '../../eval/index.ts'

/** What people later did to an annotation: the query gone or reworded, other windows, or left as it was. */
export type Revision = 'query' | 'windows' | 'kept'

const plain = (query: string): string =>
  query
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/**
 * Joins samples with a later revision of the same dataset by video and query. A sample whose video the revision does not
 * contain has no label. Windows count as changed where the set IoU of the old and the new ones is below one half.
 */
export const revisionsOf = (
  samples: ReadonlyArray<Sample>,
  revised: ReadonlyArray<Sample>,
): ReadonlyMap<string, Revision> => {
  const videos = new Map<string, Map<string, Sample>>()
  for (const sample of revised) {
    const queries = videos.get(sample.video) ?? new Map<string, Sample>()
    queries.set(plain(sample.query), sample)
    videos.set(sample.video, queries)
  }
  return new Map(
    samples.flatMap((sample) => {
      const queries = videos.get(sample.video)
      if (queries === undefined || sample.windows === null) return []
      const after = queries.get(plain(sample.query))
      const label: Revision =
        after === undefined
          ? 'query'
          : Windows.setIou(sample.windows, after.windows ?? []) < 0.5
            ? 'windows'
            : 'kept'
      return [[sample.id, label] as const]
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
