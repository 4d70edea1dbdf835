import { computed, signal } from '@preact/signals'
import type { Window } from '../../../core/index.ts'
import { type Edge, inOrder, nudge, putEdge, same, windowAt } from '../logic/nudge.ts'
import { length, time } from './player.ts'

/** Id of the reviewer's own lane. */
export const ownLane = 'own'

/** The interval that keys act on. */
export interface Selected {
  readonly lane: string
  readonly index: number
}

/** Windows of the reviewer's lane, in order of time. */
export const draft = signal<ReadonlyArray<Window>>([])
/** What the lane began with. */
const begun = signal<ReadonlyArray<Window>>([])
const before: Array<ReadonlyArray<Window>> = []
/** Changed lanes that were left without a decision, by the keys of their samples. */
const unsaved = new Map<string, ReadonlyArray<Window>>()
let shown: string | null = null
export const selected = signal<Selected | null>(null)

export const isChanged = computed(() => !same(draft.value, begun.value))

/**
 * Fills the lane of a sample, or fills it anew after a decision. What was changed and not decided comes back, and stays
 * where the reviewer's earlier decision arrives after the change.
 */
export const begin = (key: string, windows: ReadonlyArray<Window>): void => {
  if (shown === key && isChanged.peek()) {
    begun.value = windows
    return
  }
  if (shown !== null && isChanged.peek()) unsaved.set(shown, draft.peek())
  const lane = unsaved.get(key) ?? windows
  unsaved.delete(key)
  shown = key
  before.length = 0
  begun.value = windows
  draft.value = lane
  selected.value = lane.length === 0 ? null : { lane: ownLane, index: 0 }
}

/**
 * Called once a sample is decided: its changes are saved, or need no saving.
 *
 * @param lane the windows when it was decided; those that were changed since then stay
 */
export const forget = (key: string, lane: ReadonlyArray<Window>): void => {
  if (unsaved.get(key) === lane) unsaved.delete(key)
  if (shown !== key || draft.peek() !== lane) return
  begun.value = lane
  before.length = 0
}

/** Changes the lane; `kept` is the window that stays selected. One drag is one step of the history. */
export const change = (windows: ReadonlyArray<Window>, kept: Window | null, continues = false): void => {
  if (!continues) before.push(draft.peek())
  const ordered = inOrder(windows)
  draft.value = ordered
  const index = kept === null ? -1 : ordered.indexOf(kept)
  selected.value = index < 0 ? null : { lane: ownLane, index }
}

/** Takes back the latest change of the lane; false where there was none. */
export const undoChange = (): boolean => {
  const windows = before.pop()
  if (windows === undefined) return false
  draft.value = windows
  selected.value = windows.length === 0 ? null : { lane: ownLane, index: 0 }
  return true
}

const distance = ([start, end]: Window, at: number): number =>
  at < start ? start - at : at > end ? at - end : 0

/** The window of the lane that edits act on: the selected one, else the nearest to the playhead. */
export const target = (): number | null => {
  const chosen = selected.peek()
  const windows = draft.peek()
  if (chosen?.lane === ownLane && chosen.index < windows.length) return chosen.index
  if (windows.length === 0) return null
  const at = time.peek()
  return windows.reduce(
    (best, window, i) => (distance(window, at) < distance(windows[best]!, at) ? i : best),
    0,
  )
}

const replace = (edit: (window: Window) => Window): void => {
  const index = target()
  if (index === null) return
  const edited = edit(draft.peek()[index]!)
  change(
    draft.peek().map((window, i) => (i === index ? edited : window)),
    edited,
  )
}

export const nudgeEdge = (edge: Edge, seconds: number): void =>
  replace((window) => nudge(window, edge, seconds, length.peek()))

/** Sets an edge to the playhead; where there is no window yet, one begins or ends there. */
export const setEdge = (edge: Edge): void => {
  const at = time.peek()
  if (draft.peek().length === 0) {
    const window = windowAt(edge === 'start' ? at : at - 2, 2, length.peek())
    change([window], window)
  } else replace((window) => putEdge(window, edge, at, length.peek()))
}

/** Adds a window; by default one of two seconds that begins at the playhead. */
export const add = (window: Window = windowAt(time.peek(), 2, length.peek())): void =>
  change([...draft.peek(), window], window)

export const remove = (index: number | null = target()): void => {
  if (index === null) return
  const left = draft.peek().filter((_, i) => i !== index)
  change(left, left[Math.min(index, left.length - 1)] ?? null)
}
