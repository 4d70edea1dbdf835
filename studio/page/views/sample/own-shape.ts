import { type Window, Windows } from '../../../../core/index.ts'
import { draft, isChanged, ownLane } from '../../state/draft.ts'
import type { LaneShape } from '../../timeline/shape.ts'

/** The reviewer's lane with its live IoU against what is annotated. */
export const ownShape = (annotated: ReadonlyArray<Window> | null): LaneShape => ({
  id: ownLane,
  kind: 'own',
  label: isChanged.value ? 'yours (changed)' : 'yours',
  note: annotated === null ? '' : `IoU ${Windows.setIou(draft.value, annotated).toFixed(2)}`,
  bars: draft.value.map((window) => ({ window, text: '', faint: false, level: 0 })),
  ticks: [],
  low: false,
  levels: 1,
})
