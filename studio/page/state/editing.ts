import { pan, zoomAt } from '../logic/timeline.ts'
import type { LaneShape } from '../timeline/shape.ts'
import type { Handlers } from './commands.ts'
import * as draft from './draft.ts'
import { adjust, place } from './place.ts'
import * as player from './player.ts'

/** The interval that is selected, with its window. */
const chosenBar = (lanes: ReadonlyArray<LaneShape>) => {
  const chosen = draft.selected.peek()
  return lanes.find(({ id }) => id === chosen?.lane)?.bars[chosen?.index ?? -1]
}

const choose = (lane: LaneShape, index: number): void => {
  const bar = lane.bars[index]
  if (bar === undefined) return
  draft.selected.value = { lane: lane.id, index }
  player.seek(bar.window[0])
}

/** Selects the next interval of the lane, or the previous one; from no selection, the first of the reviewer's lane. */
const stepInterval = (lanes: ReadonlyArray<LaneShape>, by: 1 | -1): void => {
  const chosen = draft.selected.peek()
  const filled = lanes.filter(({ bars }) => bars.length > 0)
  const lane =
    filled.find(({ id }) => id === chosen?.lane) ?? filled.find(({ kind }) => kind === 'own') ?? filled[0]
  if (lane === undefined) return
  const from = lane.id === chosen?.lane ? chosen.index : by > 0 ? -1 : 0
  choose(lane, (from + by + lane.bars.length) % lane.bars.length)
}

const stepLane = (lanes: ReadonlyArray<LaneShape>, by: 1 | -1): void => {
  const filled = lanes.filter(({ bars }) => bars.length > 0)
  const at = filled.findIndex(({ id }) => id === draft.selected.peek()?.lane)
  const lane = filled[at < 0 ? 0 : Math.min(Math.max(0, at + by), filled.length - 1)]
  if (lane !== undefined) choose(lane, 0)
}

const take = (lanes: ReadonlyArray<LaneShape>): void => {
  const bar = chosenBar(lanes)
  if (bar !== undefined && draft.selected.peek()?.lane !== draft.ownLane) draft.add(bar.window)
}

const toggleLoop = (lanes: ReadonlyArray<LaneShape>): void => {
  const window = chosenBar(lanes)?.window ?? null
  const on = player.loop.peek() === null ? window : null
  player.loop.value = on
  if (on !== null) player.seek(on[0])
}

const zoom = (factor: number): void => {
  const whole = player.length.peek()
  const range = zoomAt(place.peek().zoom ?? [0, whole], player.time.peek(), factor, whole)
  adjust({ zoom: range[0] <= 0 && range[1] >= whole ? null : pan(range, 0, whole) })
}

/** Handlers of the keys that play and edit, for a time line with these lanes. */
export const editing = (lanes: ReadonlyArray<LaneShape>, fps: number): Handlers => ({
  play: player.toggle,
  pause: player.pause,
  faster: player.faster,
  slower: player.slower,
  back: () => player.step(-0.1),
  forward: () => player.step(0.1),
  'back-second': () => player.step(-1),
  'forward-second': () => player.step(1),
  'previous-frame': () => player.step(-1 / fps),
  'next-frame': () => player.step(1 / fps),
  'previous-interval': () => stepInterval(lanes, -1),
  'next-interval': () => stepInterval(lanes, 1),
  'lane-above': () => stepLane(lanes, -1),
  'lane-below': () => stepLane(lanes, 1),
  take: () => take(lanes),
  'set-start': () => draft.setEdge('start'),
  'set-end': () => draft.setEdge('end'),
  'start-earlier': () => draft.nudgeEdge('start', -0.1),
  'start-later': () => draft.nudgeEdge('start', 0.1),
  'end-earlier': () => draft.nudgeEdge('end', -0.1),
  'end-later': () => draft.nudgeEdge('end', 0.1),
  'start-second-earlier': () => draft.nudgeEdge('start', -1),
  'start-second-later': () => draft.nudgeEdge('start', 1),
  'end-second-earlier': () => draft.nudgeEdge('end', -1),
  'end-second-later': () => draft.nudgeEdge('end', 1),
  'add-window': () => draft.add(),
  'remove-window': () => draft.remove(),
  loop: () => toggleLoop(lanes),
  'zoom-in': () => zoom(0.5),
  'zoom-out': () => zoom(2),
  'reset-zoom': () => adjust({ zoom: null }),
})
