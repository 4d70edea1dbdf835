import { Clock, Effect, Layer } from 'effect'
import { Progress, type ProgressState, plainLine } from '../core/index.ts'

const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** `boundary reflection  120/240  50 %  18.2/s  7 s left  2 failed  note`. */
const progressLine = (state: ProgressState, seconds: number, from: number): string => {
  const { label, done, total, failed = 0, note } = state
  const rate = seconds > 0 ? (done - from) / seconds : 0
  return [
    label,
    `${done}/${total}`,
    `${total === 0 ? 100 : Math.floor((100 * done) / total)} %`,
    ...(rate > 0 ? [`${rate.toPrecision(3)}/s`] : []),
    ...(rate > 0 && done < total ? [`${duration((total - done) / rate)} left`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(note === undefined ? [] : [note]),
  ].join('  ')
}

const bar = ({ done, total }: ProgressState, width: number): string => {
  const full = total === 0 ? width : Math.round((width * Math.min(done, total)) / total)
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`
}

/** Cells of the widest bar, and of the narrowest that is worth showing. */
const [widest, narrowest] = [24, 6]

/**
 * Bar and line, fitted to the width of the terminal in columns: a line that wraps cannot be redrawn. The bar is shortened
 * first, then the line. The last column stays free, because some terminals wrap as soon as it is filled.
 */
export const fitted = (state: ProgressState, text: string, columns: number): string => {
  const room = Math.max(1, columns - 1)
  const line = plainLine(text)
  const left = room - [...line].length - 3
  if (left >= narrowest) return `${bar(state, Math.min(widest, left))} ${line}`
  return [...line].length <= room ? line : `${[...line].slice(0, room - 1).join('')}…`
}

/** Milliseconds between two lines of one phase if the output is not a terminal. */
const quiet = 10_000

const terminal = process.stderr.isTTY === true
/** Whether the terminal's last line shows a bar. */
let drawn = false

/** Removes the bar before a message is printed; the next report draws it again. */
export const clearProgress = (): void => {
  if (!drawn) return
  process.stderr.write('\r\u001b[K')
  drawn = false
}

/**
 * Shows progress on standard error: a bar that is redrawn on a terminal, occasional plain lines otherwise.
 * Standard output is reserved for results.
 */
export const displayLayer = Layer.sync(Progress, () => {
  let label = ''
  let started = 0
  let from = 0
  let shown = 0
  const report = Effect.fnUntraced(function* (state: ProgressState) {
    const now = yield* Clock.currentTimeMillis
    if (state.label !== label) {
      label = state.label
      started = now
      from = state.done
      shown = 0
    }
    const last = state.done >= state.total
    if (!last && now - shown < (terminal ? 100 : quiet)) return
    shown = now
    const line = progressLine(state, (now - started) / 1000, from)
    if (terminal) {
      // Some pseudo-terminals report a width of 0.
      const columns = process.stderr.columns > 0 ? process.stderr.columns : 80
      process.stderr.write(`\r\u001b[K${fitted(state, line, columns)}${last ? '\n' : ''}`)
      drawn = !last
    } else process.stderr.write(`${plainLine(line)}\n`)
  })
  return { report }
})
