import { type Window, Windows } from '../../core/index.ts'
import type { Interval, Lane, LaneKind } from '../api/index.ts'

const intervals = (windows: ReadonlyArray<Window>): ReadonlyArray<Interval> =>
  windows.map(([start, end]) => ({ start, end }))

/** A lane of windows; `annotated` are those that its IoU is taken with. */
export const windowLane = (
  kind: LaneKind,
  id: string,
  label: string,
  windows: ReadonlyArray<Window>,
  more: Partial<Pick<Lane, 'iou' | 'outcome'>> & { readonly annotated?: ReadonlyArray<Window> | null } = {},
): Lane => ({
  id,
  kind,
  label,
  intervals: intervals(windows),
  ticks: [],
  iou:
    more.iou ??
    (more.annotated === undefined || more.annotated === null
      ? null
      : Windows.setIou(windows, more.annotated)),
  outcome: more.outcome ?? null,
})

/** A lane of frames. */
export const frameLane = (id: string, label: string, ticks: ReadonlyArray<number>): Lane => ({
  ...{ id, kind: 'frames', label, intervals: [], ticks, iou: null, outcome: null },
})
