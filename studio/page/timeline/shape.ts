import type { Window } from '../../../core/index.ts'
import type { LaneKind } from '../../api/index.ts'

/** One interval as it is drawn. */
export interface Bar {
  readonly window: Window
  /** Inside the bar, where there is room. */
  readonly text: string
  /** Said of a proposal that was not accepted. */
  readonly faint: boolean
  /** Row inside the lane, from 0: overlapping intervals lie below each other. */
  readonly level: number
}

/** One lane as it is drawn. */
export interface LaneShape {
  readonly id: string
  readonly kind: LaneKind | 'own'
  readonly label: string
  /** Beside the label, e.g. its IoU. */
  readonly note: string
  readonly bars: ReadonlyArray<Bar>
  /** Points in time, seconds. */
  readonly ticks: ReadonlyArray<number>
  /** Lanes of which there are many are low. */
  readonly low: boolean
  /** Rows of overlapping intervals, at least 1. */
  readonly levels: number
}
