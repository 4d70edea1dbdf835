import { type Window, Windows } from '../../core/index.ts'
import { parseWindows } from '../../tasks/index.ts'

/** The windows of a rollout inside the clip, joined where they touch; null where the rollout cannot be read. */
export const readRollout = (text: string, duration: number): ReadonlyArray<Window> | null => {
  const windows = parseWindows(text)
  return windows === null ? null : Windows.merge(Windows.clip(windows, [0, duration]))
}
