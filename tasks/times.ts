import { oneDecimal, type Window } from '../core/index.ts'

/** Both ends of a window as text; one that has a length keeps one: `[6.01, 6.04]` is `6.0`, `6.1`. */
export const formatEnds = ([start, end]: Window): readonly [start: string, end: string] => {
  const from = oneDecimal(start)
  const to = oneDecimal(end)
  return [from, from === to && start < end ? oneDecimal(Number(from) + 0.1) : to]
}

/** Windows in order of time. */
export const inOrder = (windows: ReadonlyArray<Window>): ReadonlyArray<Window> =>
  windows.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])

/** `1.0 to 2.5, 4.0 to 6.0`, sorted by start; `none` for an empty list. */
export const formatWindows = (windows: ReadonlyArray<Window>): string =>
  windows.length === 0
    ? 'none'
    : inOrder(windows)
        .map((window) => formatEnds(window).join(' to '))
        .join(', ')

/** The answer to a grounding or reflection question: `<answer>1.0 to 2.5</answer>` or `<answer>none</answer>`. */
export const windowsAnswer = (windows: ReadonlyArray<Window>): string =>
  `<answer>${formatWindows(windows)}</answer>`
