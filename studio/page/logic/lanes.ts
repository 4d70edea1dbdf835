import type { Window } from '../../../core/index.ts'
import type { Interval, Lane, SampleDetail } from '../../api/index.ts'
import type { Bar, LaneShape } from '../timeline/shape.ts'
import { percent } from './figures.ts'
import { levelsOf } from './levels.ts'

const barText = ({ votes, yes }: Interval): string =>
  [
    votes === undefined || votes === 0 ? '' : `${votes} ${votes === 1 ? 'vote' : 'votes'}`,
    yes === undefined ? '' : yes === null ? 'P(yes) unknown' : `P(yes) ${percent(yes)}`,
  ]
    .filter((part) => part !== '')
    .join(' · ')

const barOf = (interval: Interval, level: number): Bar => ({
  window: [interval.start, interval.end],
  text: barText(interval),
  faint: interval.accepted === false,
  level,
})

const noteOf = ({ kind, iou, outcome, ticks, intervals }: Lane): string => {
  if (outcome === 'unreadable') return 'unreadable'
  if (kind === 'annotated') return ''
  if (outcome === 'none' || (kind === 'true' && intervals.length === 0)) return 'none'
  if (kind === 'frames') return `${ticks.length}`
  return iou === null ? '' : `IoU ${iou.toFixed(2)}`
}

const low = new Set<Lane['kind']>(['rollout', 'prediction'])

const shapeOf = (lane: Lane): LaneShape => {
  const levels = levelsOf(lane.intervals.map(({ start, end }): Window => [start, end]))
  return {
    id: lane.id,
    kind: lane.kind,
    label: lane.label,
    note: noteOf(lane),
    bars: lane.intervals.map((interval, i) => barOf(interval, levels[i]!)),
    levels: Math.max(0, ...levels) + 1,
    ticks: lane.ticks,
    low: low.has(lane.kind),
  }
}

/** The lanes of a sample, the reviewer's own after what is annotated and true. */
export const lanesOf = ({ lanes }: SampleDetail, own: LaneShape): ReadonlyArray<LaneShape> => {
  const known = lanes.filter(({ kind }) => kind === 'annotated' || kind === 'true').map(shapeOf)
  return [...known, own, ...lanes.filter(({ kind }) => kind !== 'annotated' && kind !== 'true').map(shapeOf)]
}

/** The windows of the lane of a kind; null where there is no such lane. */
export const windowsOf = ({ lanes }: SampleDetail, kind: Lane['kind']): ReadonlyArray<Window> | null =>
  lanes.find((lane) => lane.kind === kind)?.intervals.map(({ start, end }): Window => [start, end]) ?? null

/** The length of the time line: the duration, or where nobody measured it a little more than everything that is on it. */
export const extent = ({ duration, lanes }: SampleDetail): number => {
  if (duration !== null && duration > 0) return duration
  const ends = lanes.flatMap(({ intervals, ticks }) => [...intervals.map(({ end }) => end), ...ticks])
  return Math.max(1, ...ends) * 1.05
}
