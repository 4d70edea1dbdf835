import { type Random, random, type Sample, type Window } from '../../core/index.ts'

const grid = (draw: Random, low: number, high: number): number => 2 * draw.int(low / 2, high / 2)

/** A truth like QVHighlights': windows of two-second clips, three annotators' scores for each clip inside. */
export const makeMoments = (count: number, seed: number): ReadonlyArray<Sample> =>
  Array.from({ length: count }, (_, i) => {
    const draw = random(seed, 'moment', i)
    const windows: Array<Window> = []
    for (let from = grid(draw, 0, 40); from < 140 && windows.length < 6; ) {
      const end = Math.min(150, from + grid(draw, 2, 70))
      windows.push([from, end])
      from = end + grid(draw, 2, 60)
    }
    const clips = windows.flatMap(([start, end]) =>
      Array.from({ length: (end - start) / 2 }, (_unused, k) => start / 2 + k),
    )
    return {
      id: String(i),
      dataset: 'qvhighlights',
      split: 'valid',
      task: 'grounding',
      video: `v${i}`,
      file: `v${i}.mp4`,
      duration: 150,
      query: 'a made query',
      windows,
      meta: { clips, saliency: clips.map(() => [draw.int(0, 4), draw.int(0, 4), draw.int(0, 4)]) },
    }
  })

/** The truth as the published files write it. */
export const momentLine = ({ id, query, duration, video, windows, meta }: Sample): string =>
  JSON.stringify({
    qid: id,
    query,
    duration,
    vid: video,
    relevant_windows: windows,
    relevant_clip_ids: meta?.clips,
    saliency_scores: meta?.saliency,
  })

/** Ten scored windows and one score a clip for each sample, some near the truth, ties included. */
export const submissionLine = (sample: Sample, seed: number): string => {
  const draw = random(seed, 'submission', sample.id)
  const truths = sample.windows ?? []
  const windows = Array.from({ length: 10 }, () => {
    const near = truths.length > 0 && draw.next() < 0.6
    const [start, end] = near ? draw.pick(truths) : [grid(draw, 0, 100), grid(draw, 102, 150)]
    const from = Math.min(148, Math.max(0, start + draw.int(-4, 4)))
    return [from, Math.max(from + 1, Math.min(150, end + draw.int(-4, 4))), Number(draw.next().toFixed(2))]
  })
  const inside = new Set(Array.isArray(sample.meta?.clips) ? sample.meta.clips : [])
  const saliency = Array.from({ length: 75 }, (_, clip) =>
    Number((draw.next() + (inside.has(clip) ? 0.5 : 0)).toFixed(2)),
  )
  return JSON.stringify({
    qid: sample.id,
    pred_relevant_windows: windows,
    pred_saliency_scores: saliency,
  })
}
